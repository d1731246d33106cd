// SPDX-License-Identifier: Apache-2.0
/* "unlock", and what follows the close of a pull request: both give up all that it holds. */
#include "base/step.h"
#include "engine/housekeeping.h"
#include "engine/labels.h"
#include "engine/paths.h"
#include "engine/pull_work.h"
#include "engine/work.h"
#include "git/checkout.h"
#include "sys/files.h"

enum { MOST_NAMED = 30 };

static void remove_files(const GPtrArray *paths)
{
    for (guint i = 0; i < paths->len; i++)
        housekeeping_remove_plan(paths->pdata[i]);
}

/* Nothing that is known was meant: nothing is touched, and who typed it learns what there is. */
static void refuse_unknown(const Command *command, const GPtrArray *known, Outcome *outcome)
{
    g_autoptr(GString) text = g_string_new("No project of this pull request is meant.");

    g_string_append(text, known->len ? " There are:" : " It has none.");
    for (guint i = 0; i < known->len && i < MOST_NAMED; i++) {
        g_autofree char *label = project_ref_label(((const Project *)known->pdata[i])->ref);

        g_string_append_printf(text, "%s `%s`", i ? "," : "", label);
    }
    if (known->len > MOST_NAMED)
        g_string_append_printf(text, " and %u others", known->len - MOST_NAMED);
    const Gate gate = { .kind = GATE_REFUSE, .reason = text->str };

    outcome_refuse(outcome, command, &gate);
}

static void refuse_for_label(const Command *command, Outcome *outcome)
{
    const Gate gate = {
        .kind = GATE_REFUSE,
        .reason = "A label of this pull request keeps its locks (`--disable-unlock-label`). Take "
                  "the label off to unlock it.",
    };

    outcome_refuse(outcome, command, &gate);
}

/* Projects without locks have plans too. */
static char *released_text(const Work *work, const Command *command, const GPtrArray *released)
{
    const RenderStyle style = work_style(work);

    if (released->len || !command_args_is_targeted(&command->args))
        return render_unlocked(&style, (const Lock *const *)released->pdata, released->len);
    return render_notice("Unlock: there was nothing to unlock",
                         "This pull request holds no lock of what was named. Plans that it made "
                         "there are discarded.");
}

/* targets NULL: all. */
static bool release(const Ctx *ctx, Work *work, const Command *command, const GPtrArray *targets,
                    Outcome *outcome, GError **error)
{
    g_autoptr(GPtrArray) released = NULL, paths = NULL;
    bool is_done =
        targets ? store_projects_release(work->store, command, targets, &released, &paths, error)
                : store_pull_release(work->store, command, false, &released, &paths, error);

    if (!is_done)
        return false;
    step_reached(ctx, STEP_LOCKS_RELEASED);
    remove_files(paths);
    outcome_set(outcome, COMMAND_DONE, NULL,
                released->len || !work->settings->silence_no_projects
                    ? released_text(work, command, released)
                    : NULL,
                THREAD_CLOSED);
    outcome->evidence = g_strdup_printf("%u locks", released->len);
    return true;
}

static bool release_targets(const Ctx *ctx, Work *work, const Command *command, Outcome *outcome,
                            GError **error)
{
    g_autoptr(GPtrArray) known = store_projects(work->store, command->pull_id, error);
    g_autoptr(GPtrArray) targets = known ? pull_work_known_targets(work, command, known) : NULL;

    if (!known)
        return false;
    if (targets->len)
        return release(ctx, work, command, targets, outcome, error);
    refuse_unknown(command, known, outcome);
    return true;
}

bool cmd_unlock_run(const Ctx *ctx, Work *work, const Command *command, Outcome *outcome,
                    GError **error)
{
    bool is_kept = false;

    if (!labels_have(ctx, work, command, work->settings->disable_unlock_label, &is_kept, error))
        return false;
    if (is_kept) {
        refuse_for_label(command, outcome);
        return true;
    }
    return command_args_is_targeted(&command->args)
               ? release_targets(ctx, work, command, outcome, error)
               : release(ctx, work, command, NULL, outcome, error);
}

/* Not what lies beside it: its index, say. */
static bool is_checkout(const char *name)
{
    return g_str_has_prefix(name, PATHS_CHECKOUT) && !strchr(name, '.');
}

static bool drop_checkout(const Ctx *ctx, GitCache *cache, const char *pull_dir, gint64 pull_id,
                          const char *name, GError **error)
{
    g_autofree char *dir = g_build_filename(pull_dir, name, NULL);
    g_autofree char *pin = paths_pin_of(pull_id, name);

    return checkout_remove(ctx, cache, dir, pin, error);
}

/* The cache need not keep the commits any more. A repository that was never fetched has no cache.
 */
static bool drop_checkouts(const Ctx *ctx, const Work *work, const Command *command, GError **error)
{
    g_autofree char *cache_dir = paths_cache(work->settings->data_dir, command->pull.repo.host_id);
    g_autofree char *dir = paths_pull(work->settings->data_dir, command->pull_id);
    g_autoptr(GDir) names = g_dir_open(dir, 0, NULL);
    const char *name;
    const GitCacheSpec spec = { .dir = cache_dir, .timeout_ms = 60 * 1000 };
    g_autoptr(GitCache) cache = NULL;

    if (!names || !g_file_test(cache_dir, G_FILE_TEST_IS_DIR))
        return true;
    cache = git_cache_open(ctx, &spec, error);
    while (cache && (name = g_dir_read_name(names)))
        if (is_checkout(name) && !drop_checkout(ctx, cache, dir, command->pull_id, name, error))
            return false;
    return cache != NULL;
}

/* An event that comes late must not close what was reactivated since. */
static bool is_still_open(const Ctx *ctx, Work *work, const Command *command, bool *is_open,
                          GError **error)
{
    Host *host = work_host(work, command->pull.repo.host, error);
    g_auto(PullFacts) facts = { 0 };
    g_autoptr(GError) why = NULL;

    if (!host)
        return false;
    if (host_pull_read(ctx, host, &command->pull, &facts, &why)) {
        step_reached(ctx, STEP_PULL_READ);
        *is_open = facts.state == PULL_ACTIVE;
        return true;
    }
    *is_open = false; /* what the host does not know any more is closed */
    if (g_error_matches(why, HADAL_ERROR, HADAL_ERROR_NOT_FOUND))
        return true;
    g_propagate_error(error, g_steal_pointer(&why));
    return false;
}

bool cmd_close_run(const Ctx *ctx, Work *work, const Command *command, Outcome *outcome,
                   GError **error)
{
    const RenderStyle style = work_style(work);
    g_autofree char *dir = paths_pull(work->settings->data_dir, command->pull_id);
    g_autoptr(GPtrArray) released = NULL, paths = NULL;

    bool is_open;

    if (!is_still_open(ctx, work, command, &is_open, error))
        return false;
    if (is_open) {
        outcome_set(outcome, COMMAND_DONE, "it is open again", NULL, THREAD_CLOSED);
        return store_pull_forget_queued(work->store, command->pull_id, error);
    }
    if (!store_pull_release(work->store, command, true, &released, &paths, error))
        return false;
    step_reached(ctx, STEP_LOCKS_RELEASED);
    if (!drop_checkouts(ctx, work, command, error) || !files_remove_tree(dir, error))
        return false;
    outcome_set(outcome, COMMAND_DONE, NULL,
                released->len
                    ? render_closed(&style, (const Lock *const *)released->pdata, released->len)
                    : NULL,
                THREAD_CLOSED);
    outcome->evidence = g_strdup_printf("%u locks", released->len);
    return true;
}
