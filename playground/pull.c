// SPDX-License-Identifier: Apache-2.0
/* Test merges and completions are in merge.c. */
#include "pull.h"

#include <string.h>

#include "git.h"
#include "hooks.h"
#include "jobs.h"
#include "policy.h"
#include "sys/js.h"
#include "team.h"
#include "wire.h"

static void set_text(char **field, const char *text)
{
    char *copy = g_strdup(text);

    g_free(*field);
    *field = copy;
}

void pull_note_property(Thread *thread, const char *key, const char *value)
{
    json_t *property = js_set_object(thread->properties, key);

    js_set(property, "$type", "System.String");
    js_set(property, "$value", value);
}

Thread *pull_note(State *state, Pull *pull, const char *type, const User *actor, const char *format,
                  ...)
{
    Thread *thread = pull_add_thread(state, pull);
    va_list args;

    va_start(args, format);
    g_autofree char *text = g_strdup_vprintf(format, args);
    va_end(args);
    thread_add_comment(thread, actor, text, 0)->system = true;
    thread->properties = json_object();
    thread->identities = json_object();
    json_object_set_new(thread->identities, "1", wire_user(state, actor));
    pull_note_property(thread, "CodeReviewThreadType", type);
    return thread;
}

static Pull *open_between(const State *state, const Repo *source_repo, const char *source_ref,
                          const Repo *repo, const char *target_ref)
{
    for (guint i = 0; i < state->pulls->len; i++) {
        Pull *pull = state->pulls->pdata[i];

        if (pull->state == PULL_ACTIVE && pull->source_repo == source_repo && pull->repo == repo &&
            g_str_equal(pull->source_ref, source_ref) && g_str_equal(pull->target_ref, target_ref))
            return pull;
    }
    return NULL;
}

/* The source's objects have to be in the target repository before anything is compared there. */
static bool bring_over(const Pull *pull, GError **error)
{
    return pull->source_repo == pull->repo ||
           git_fetch_source(pull->repo->dir, pull->source_repo->dir, pull->source_ref, pull->id,
                            error);
}

static bool add_iteration(Pull *pull, const char *reason, const User *author, GError **error)
{
    g_autofree char *base = NULL, *subject = NULL;
    Iteration *iteration;

    if (!bring_over(pull, error))
        return false;
    base = git_merge_base(pull->repo->dir, pull->source_commit, pull->target_commit, error);
    if (!base)
        return false;
    subject =
        git_text(pull->repo->dir, error, "log", "-1", "--format=%s", pull->source_commit, NULL);
    if (!subject)
        return false;
    iteration = g_new0(Iteration, 1);
    iteration->id = (int)pull->iterations->len + 1;
    iteration->reason = reason;
    iteration->source = g_strdup(pull->source_commit);
    iteration->target = g_strdup(pull->target_commit);
    iteration->base = g_steal_pointer(&base);
    iteration->description = g_utf8_make_valid(subject, -1);
    iteration->author = author;
    iteration->created = time_now();
    g_ptr_array_add(pull->iterations, iteration);
    return true;
}

static void queue_merge(State *state, Pull *pull)
{
    g_autofree char *id = new_guid();

    pull->merge_state = MERGE_QUEUED;
    set_text(&pull->merge_id, id);
    jobs_add(state, JOB_TEST_MERGE, pull);
}

Pull *pull_open(State *state, const PullSpec *spec, GError **error)
{
    g_autofree char *source = git_rev(spec->source_repo->dir, spec->source_ref, error);
    g_autofree char *target = source ? git_rev(spec->repo->dir, spec->target_ref, error) : NULL;
    Pull *pull;

    if (!source || !target)
        return NULL;
    if (open_between(state, spec->source_repo, spec->source_ref, spec->repo, spec->target_ref))
        return hadal_throw_null(error, HADAL_ERROR_CONFLICT,
                                "TF401179: An active pull request for the source and target branch "
                                "already exists.");
    pull = state_add_pull(state);
    pull->repo = spec->repo;
    pull->source_repo = spec->source_repo;
    pull->source_ref = g_strdup(spec->source_ref);
    pull->target_ref = g_strdup(spec->target_ref);
    pull->title = g_strdup(spec->title);
    pull->description = g_strdup(spec->description);
    pull->draft = spec->draft;
    pull->author = spec->author;
    pull->state = PULL_ACTIVE;
    pull->source_commit = g_steal_pointer(&source);
    pull->target_commit = g_steal_pointer(&target);
    if (!add_iteration(pull, "create", spec->author, error)) {
        g_ptr_array_set_size(state->pulls, (gint)state->pulls->len - 1);
        return NULL;
    }
    queue_merge(state, pull);
    hooks_pull_event(state, EVENT_PULL_CREATED, NOTIFY_OTHER, pull, spec->author, "created");
    pull_require_reviewers(state, spec->author);
    return pull;
}

static void reset_votes(State *state, Pull *pull)
{
    bool only_rejections;

    if (!policy_resets_votes(state, pull, &only_rejections))
        return;
    for (guint i = 0; i < pull->reviewers->len; i++) {
        Reviewer *reviewer = pull->reviewers->pdata[i];

        if (!only_rejections || reviewer->vote < 0)
            reviewer->vote = 0;
    }
}

static void note_push(State *state, Pull *pull, const User *actor)
{
    Thread *thread = pull_note(state, pull, "RefUpdate", actor, "The reference %s was updated.",
                               pull->source_ref);

    pull_note_property(thread, "CodeReviewRefName", pull->source_ref);
    pull_note_property(thread, "CodeReviewRefNewHeadCommit", pull->source_commit);
    pull_note_property(thread, "CodeReviewRefUpdatedBy", actor->id);
}

static void source_moved(State *state, Pull *pull, const char *old, const char *new,
                         const User *actor)
{
    bool forced = !git_is_ancestor(pull->source_repo->dir, old, new);
    g_autoptr(GError) error = NULL;
    g_autofree char *target = git_rev(pull->repo->dir, pull->target_ref, NULL);

    set_text(&pull->source_commit, new);
    if (target)
        set_text(&pull->target_commit, target);
    if (!add_iteration(pull, forced ? "forcePush" : "push", actor, &error)) {
        /* Histories without a common commit: the service, too, shows such a one as broken. */
        pull->merge_state = MERGE_FAILURE;
        log_line(LEVEL_WARN, NULL, "pull request %d: %s", pull->id, error->message);
        return;
    }
    reset_votes(state, pull);
    note_push(state, pull, actor);
    queue_merge(state, pull);
    hooks_pull_event(state, EVENT_PULL_UPDATED, NOTIFY_PUSH, pull, actor,
                     "updated the source branch of");
}

void pull_branch_moved(State *state, Repo *repo, const char *ref, const char *old, const char *new,
                       const User *actor)
{
    hooks_push_event(state, repo, ref, old, new, actor);
    if (g_str_equal(new, GIT_ZERO))
        return;
    for (guint i = 0; i < state->pulls->len; i++) {
        Pull *pull = state->pulls->pdata[i];

        if (pull->state != PULL_ACTIVE)
            continue;
        if (pull->source_repo == repo && g_str_equal(pull->source_ref, ref))
            source_moved(state, pull, old, new, actor);
        else if (pull->repo == repo && g_str_equal(pull->target_ref, ref) && !pull->stale_merge)
            queue_merge(state, pull);
    }
}

static Reviewer *reviewer_of(Pull *pull, const User *user)
{
    Reviewer *reviewer = pull_reviewer(pull, user);

    if (reviewer)
        return reviewer;
    reviewer = g_new0(Reviewer, 1);
    reviewer->user = user;
    g_ptr_array_add(pull->reviewers, reviewer);
    return reviewer;
}

static void require(State *state, Pull *pull, const Policy *policy, const User *actor)
{
    const json_t *ids = json_object_get(policy->settings, "requiredReviewerIds");

    for (size_t i = 0; i < json_array_size(ids); i++) {
        const User *user = state_identity(state, json_string_value(json_array_get(ids, i)));

        if (!pull_reviewer(pull, user) || !pull_reviewer(pull, user)->required)
            pull_set_reviewer(state, pull, user, true, actor);
    }
}

void pull_require_reviewers(State *state, const User *actor)
{
    for (guint i = 0; i < state->pulls->len; i++)
        for (guint j = 0; j < state->policies->len; j++) {
            Pull *pull = state->pulls->pdata[i];
            const Policy *policy = state->policies->pdata[j];

            if (pull->state == PULL_ACTIVE && policy->blocking && policy_applies(policy, pull) &&
                g_str_equal(policy->type->id, POLICY_REQUIRED_REVIEWERS))
                require(state, pull, policy, actor);
        }
}

static const char *vote_verb(int vote)
{
    switch (vote) {
    case 10:
        return "approved";
    case 5:
        return "has approved and left suggestions in";
    case -5:
        return "is waiting for the author in";
    case -10:
        return "rejected";
    default:
        return "reset their vote on";
    }
}

void pull_vote(State *state, Pull *pull, const User *user, int vote, const User *actor)
{
    g_autofree char *result = g_strdup_printf("%d", vote);
    Thread *thread;

    reviewer_of(pull, user)->vote = vote;
    thread = pull_note(state, pull, "VoteUpdate", actor, "%s voted %d", user->name, vote);
    pull_note_property(thread, "CodeReviewVoteResult", result);
    pull_note_property(thread, "CodeReviewVotedByIdentity", "1");
    hooks_pull_event(state, EVENT_PULL_UPDATED, NOTIFY_VOTE, pull, actor, vote_verb(vote));
}

void pull_set_reviewer(State *state, Pull *pull, const User *user, bool required, const User *actor)
{
    reviewer_of(pull, user)->required = required;
    pull_note(state, pull, "ReviewersUpdate", actor, "%s added %s as a reviewer", actor->name,
              user->name);
    hooks_pull_event(state, EVENT_PULL_UPDATED, NOTIFY_REVIEWERS, pull, actor,
                     "changed the reviewer list on");
}

void pull_drop_reviewer(State *state, Pull *pull, const User *user, const User *actor)
{
    Reviewer *reviewer = pull_reviewer(pull, user);

    if (!reviewer)
        return;
    g_ptr_array_remove(pull->reviewers, reviewer);
    hooks_pull_event(state, EVENT_PULL_UPDATED, NOTIFY_REVIEWERS, pull, actor,
                     "changed the reviewer list on");
}

void pull_note_status(State *state, Pull *pull, const char *status, const User *actor)
{
    Thread *thread = pull_note(state, pull, "StatusUpdate", actor,
                               "%s updated the pull request status to %s", actor->name, status);

    pull_note_property(thread, "CodeReviewStatus", status);
}

void pull_abandon(State *state, Pull *pull, const User *actor)
{
    pull->state = PULL_ABANDONED;
    pull->closed = time_now();
    pull->closed_by = actor;
    pull_note_status(state, pull, "Abandoned", actor);
    hooks_pull_event(state, EVENT_PULL_UPDATED, NOTIFY_STATUS, pull, actor, "abandoned");
}

bool pull_reactivate(State *state, Pull *pull, const User *actor, GError **error)
{
    g_autofree char *source = git_rev(pull->source_repo->dir, pull->source_ref, error);
    g_autofree char *old = g_strdup(pull->source_commit);

    if (!source)
        return false;
    if (open_between(state, pull->source_repo, pull->source_ref, pull->repo, pull->target_ref))
        return hadal_throw(error, HADAL_ERROR_CONFLICT,
                           "TF401179: An active pull request for the source and target branch "
                           "already exists.");
    pull->state = PULL_ACTIVE;
    pull->closed = 0;
    pull->closed_by = NULL;
    pull_note_status(state, pull, "Active", actor);
    hooks_pull_event(state, EVENT_PULL_UPDATED, NOTIFY_STATUS, pull, actor, "reactivated");
    if (g_str_equal(source, old))
        queue_merge(state, pull);
    else
        source_moved(state, pull, old, source, actor);
    return true;
}

void pull_set_draft(State *state, Pull *pull, bool draft, const User *actor)
{
    pull->draft = draft;
    hooks_pull_event(state, EVENT_PULL_UPDATED, NOTIFY_OTHER, pull, actor,
                     draft ? "marked as a draft" : "published");
}

void pull_set_texts(State *state, Pull *pull, const char *title, const char *description,
                    const User *actor)
{
    if (title)
        set_text(&pull->title, title);
    if (description)
        set_text(&pull->description, description);
    hooks_pull_event(state, EVENT_PULL_UPDATED, NOTIFY_OTHER, pull, actor, "updated");
}

bool pull_retarget(State *state, Pull *pull, const char *target, const User *actor, GError **error)
{
    g_autofree char *commit = git_rev(pull->repo->dir, target, error);

    if (!commit)
        return false;
    if (open_between(state, pull->source_repo, pull->source_ref, pull->repo, target))
        return hadal_throw(error, HADAL_ERROR_CONFLICT,
                           "TF401179: An active pull request for the source and target branch "
                           "already exists.");
    set_text(&pull->target_ref, target);
    set_text(&pull->target_commit, commit);
    if (!add_iteration(pull, "retarget", actor, error))
        return false;
    queue_merge(state, pull);
    hooks_pull_event(state, EVENT_PULL_UPDATED, NOTIFY_OTHER, pull, actor, "updated");
    return true;
}

MergeStrategy pull_strategy(const json_t *options)
{
    int strategy = enum_read(json_object_get(options, "mergeStrategy"), strategy_names, STRATEGIES);

    if (strategy > 0)
        return (MergeStrategy)strategy;
    return json_is_true(json_object_get(options, "squashMerge")) ? STRATEGY_SQUASH
                                                                 : STRATEGY_NO_FAST_FORWARD;
}

void pull_complete(State *state, Pull *pull, json_t *options, const User *actor)
{
    json_decref(pull->completion_options);
    pull->completion_options = options;
    pull->completion_queued = time_now();
    pull->closed_by = actor;
    pull->merge_state = MERGE_QUEUED;
    if (!pull->slow_looks)
        jobs_add(state, JOB_FINISH, pull);
}

void pull_looked_at(State *state, Pull *pull)
{
    if (!pull->completion_queued || pull->state != PULL_ACTIVE || !pull->slow_looks)
        return;
    if (--pull->slow_looks == 0)
        jobs_add(state, JOB_FINISH, pull);
}

/* Merged for a try without conflicts; what policies refused then they may allow now. */
static bool may_complete(const Pull *pull)
{
    return pull->merge_state == MERGE_SUCCEEDED || pull->merge_state == MERGE_REJECTED_BY_POLICY;
}

void pull_complete_asked(State *state)
{
    for (guint i = 0; i < state->pulls->len; i++) {
        Pull *pull = state->pulls->pdata[i];
        json_t *options = pull->completion_options;

        if (pull->auto_complete && pull->state == PULL_ACTIVE && !pull->completion_queued &&
            may_complete(pull) && !policy_unmet(state, pull, pull_strategy(options)))
            pull_complete(state, pull, options ? json_deep_copy(options) : json_object(),
                          pull->auto_complete);
    }
}

Comment *pull_comment(State *state, Pull *pull, Thread *thread, const User *author,
                      const char *content, int parent)
{
    Comment *comment;

    if (!thread) {
        thread = pull_add_thread(state, pull);
        thread->state = THREAD_ACTIVE;
        thread->properties = json_object();
    }
    comment = thread_add_comment(thread, author, content, parent);
    hooks_comment_event(state, pull, thread, comment, author,
                        parent ? "replied to a pull request comment"
                               : "commented on a pull request");
    return comment;
}

void pull_edit_comment(State *state, Pull *pull, Thread *thread, Comment *comment,
                       const char *content)
{
    set_text(&comment->content, content);
    comment->updated = comment->content_updated = thread->updated = time_now();
    hooks_comment_event(state, pull, thread, comment, comment->author,
                        "edited a pull request comment");
}

void pull_delete_comment(State *state, Pull *pull, Thread *thread, Comment *comment)
{
    bool all = true;

    set_text(&comment->content, NULL);
    comment->deleted = true;
    comment->updated = thread->updated = time_now();
    for (guint i = 0; i < thread->comments->len; i++)
        all = all && ((Comment *)thread->comments->pdata[i])->deleted;
    thread->deleted = all;
    hooks_comment_event(state, pull, thread, comment, comment->author,
                        "deleted a pull request comment");
}
