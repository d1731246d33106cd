// SPDX-License-Identifier: Apache-2.0
/*
 * The format: https://github.com/hashicorp/terraform, internal/plans/planproto/planfile.proto, and
 * internal/plans/planfile. It is Terraform's own and may change with its version number, which is
 * why another number than the known one means asking the program.
 */
#include "tf/planfile.h"

#include <string.h>
#include <zip.h>

#include "sys/js.h"
#include "tf/state.h"

enum {
    KNOWN_FORMAT = 3,
    MAX_PLAN = 256 << 20, /* unpacked; a larger one is only asked of the tool */
};

typedef struct zip Zip;
typedef struct zip_file ZipFile;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Zip, zip_discard)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ZipFile, zip_fclose)

void plan_file_clear(PlanFile *file)
{
    g_clear_pointer(&file->lineage, g_free);
    g_clear_pointer(&file->backend, g_free);
    g_clear_pointer(&file->workspace, g_free);
    g_clear_pointer(&file->tool_version, g_free);
}

/* ------------------------------------------------------------ protocol buffers */

/* A message, read front to back; ends early and for good at the first byte that makes no sense. */
typedef struct {
    const guint8 *at, *end;
    bool is_broken;
} Message;

/* One field: a number, or the bytes of a text or of a message inside. */
typedef struct {
    guint64 tag;
    guint64 number;
    Message bytes;
} Field;

enum { WIRE_VARINT = 0, WIRE_FIXED64 = 1, WIRE_BYTES = 2, WIRE_FIXED32 = 5 };

static guint64 read_varint(Message *message)
{
    guint64 value = 0;

    for (unsigned shift = 0; shift < 64; shift += 7) {
        if (message->at == message->end)
            break;
        guint8 byte = *message->at++;

        value |= (guint64)(byte & 0x7f) << shift;
        if (!(byte & 0x80))
            return value;
    }
    message->is_broken = true;
    return 0;
}

static void skip(Message *message, guint64 length)
{
    if (length > (guint64)(message->end - message->at))
        message->is_broken = true;
    else
        message->at += length;
}

static bool next_field(Message *message, Field *field)
{
    guint64 key;

    if (message->is_broken || message->at == message->end)
        return false;
    key = read_varint(message);
    *field = (Field){ .tag = key >> 3 };
    switch (key & 7) {
    case WIRE_VARINT:
        field->number = read_varint(message);
        break;
    case WIRE_BYTES: {
        guint64 length = read_varint(message);

        field->bytes.at = message->at;
        skip(message, length);
        field->bytes.end = message->at;
        break;
    }
    case WIRE_FIXED64:
        skip(message, 8);
        break;
    case WIRE_FIXED32:
        skip(message, 4);
        break;
    default:
        message->is_broken = true;
    }
    return !message->is_broken;
}

static char *text_of(const Message *bytes)
{
    return g_utf8_make_valid((const char *)bytes->at, bytes->end - bytes->at);
}

/* ------------------------------------------------------------------- the plan */

enum {
    PLAN_VERSION = 1,
    PLAN_RESOURCE = 3,
    PLAN_OUTPUT = 4,
    PLAN_BACKEND = 13,
    PLAN_TOOL = 14,
    PLAN_MODE = 17,
    PLAN_DRIFT = 18,
    PLAN_APPLYABLE = 25, /* Terraform since 1.8 */
};
enum { MODE_REFRESH_ONLY = 2 };
enum { RESOURCE_CHANGE = 9, RESOURCE_BEFORE = 14, OUTPUT_CHANGE = 2 };
enum { CHANGE_ACTION = 1, CHANGE_IMPORTING = 5 };
enum { BACKEND_TYPE = 1, BACKEND_WORKSPACE = 3 };
enum {
    ACTION_NOOP = 0,
    ACTION_CREATE = 1,
    ACTION_READ = 2,
    ACTION_UPDATE = 3,
    ACTION_DELETE = 5,
    ACTION_DELETE_THEN_CREATE = 6,
    ACTION_CREATE_THEN_DELETE = 7,
    ACTION_FORGET = 8,
    ACTION_CREATE_THEN_FORGET = 9,
};

typedef struct {
    guint64 action;
    bool is_import;
    bool is_move; /* its address was another */
} Change;

/* False when the action is not one of the known. */
static bool count_resource(ChangeCounts *counts, const Change *change)
{
    counts->import += change->is_import;
    switch (change->action) {
    case ACTION_NOOP:
        counts->move += change->is_move;
        return true;
    case ACTION_READ:
        return true;
    case ACTION_CREATE:
        counts->add++;
        return true;
    case ACTION_UPDATE:
        counts->change++;
        return true;
    case ACTION_DELETE:
        counts->destroy++;
        return true;
    case ACTION_DELETE_THEN_CREATE:
    case ACTION_CREATE_THEN_DELETE:
        counts->add++;
        counts->destroy++;
        return true;
    case ACTION_FORGET:
        counts->forget++;
        return true;
    case ACTION_CREATE_THEN_FORGET:
        counts->add++;
        counts->forget++;
        return true;
    default:
        return false;
    }
}

/* The change inside a resource's or an output's message, under the tag. */
static Change find_change(Message outer, guint64 tag)
{
    Change change = { 0 };
    Field field, inner;

    while (next_field(&outer, &field)) {
        if (field.tag != tag)
            continue;
        while (next_field(&field.bytes, &inner)) {
            if (inner.tag == CHANGE_ACTION)
                change.action = inner.number;
            change.is_import |= inner.tag == CHANGE_IMPORTING;
        }
    }
    return change;
}

static Change find_resource(Message resource)
{
    Change change = find_change(resource, RESOURCE_CHANGE);
    Field field;

    while (next_field(&resource, &field)) /* an address that stays is not written */
        change.is_move |= field.tag == RESOURCE_BEFORE;
    return change;
}

static void count_drift(ChangeCounts *drift, const Change *change)
{
    if (change->action != ACTION_NOOP)
        drift->drift++;
    else
        drift->move += change->is_move;
}

static void read_backend(Message backend, PlanFile *file)
{
    Field field;

    while (next_field(&backend, &field)) {
        if (field.tag == BACKEND_TYPE && !file->backend)
            file->backend = text_of(&field.bytes);
        if (field.tag == BACKEND_WORKSPACE && !file->workspace)
            file->workspace = text_of(&field.bytes);
    }
}

static void read_plan(const GString *bytes, PlanFile *file)
{
    Message plan = {
        .at = (const guint8 *)bytes->str,
        .end = (const guint8 *)bytes->str + bytes->len,
    };
    ChangeCounts counts = { .is_known = true }, drift = { .is_known = true };
    guint64 format = 0, mode = 0;
    bool is_applyable = false;
    Field field;

    while (next_field(&plan, &field)) {
        Change change;

        switch (field.tag) {
        case PLAN_VERSION:
            format = field.number;
            break;
        case PLAN_RESOURCE:
            change = find_resource(field.bytes);
            counts.is_known &= count_resource(&counts, &change);
            break;
        case PLAN_OUTPUT:
            counts.outputs += find_change(field.bytes, OUTPUT_CHANGE).action != ACTION_NOOP;
            break;
        case PLAN_DRIFT:
            change = find_resource(field.bytes);
            count_drift(&drift, &change);
            break;
        case PLAN_MODE:
            mode = field.number;
            break;
        case PLAN_APPLYABLE:
            is_applyable = field.number;
            break;
        case PLAN_BACKEND:
            read_backend(field.bytes, file);
            break;
        case PLAN_TOOL:
            g_free(file->tool_version);
            file->tool_version = text_of(&field.bytes);
            break;
        }
    }
    if (mode == MODE_REFRESH_ONLY) /* else it is only told: the changes have it in them */
        change_counts_add(&counts, &drift);
    counts.is_known &= !plan.is_broken && format == KNOWN_FORMAT;
    counts.other = is_applyable && change_counts_is_empty(&counts);
    file->counts = counts;
}

/* -------------------------------------------------------------------- the zip */

/*
 * The first limit bytes of an entry, or NULL when there is none; neither is a failure. What the
 * archive says of its sizes is not believed.
 */
static GString *read_entry(Zip *archive, const char *name, gsize limit)
{
    enum { CHUNK = 64 << 10 };
    g_autoptr(ZipFile) entry = zip_fopen(archive, name, 0);
    g_autoptr(GString) bytes = NULL;
    zip_int64_t n = 1;

    if (!entry)
        return NULL;
    bytes = g_string_new(NULL);
    while (n > 0 && bytes->len < limit) {
        gsize before = bytes->len;

        g_string_set_size(bytes, before + MIN(CHUNK, limit - before));
        n = zip_fread(entry, bytes->str + before, bytes->len - before);
        g_string_truncate(bytes, before + (gsize)MAX(n, 0));
    }
    return n < 0 ? NULL : g_steal_pointer(&bytes);
}

/* ------------------------------------------------------------- asking the tool */

static void count_shown(const json_t *actions, ChangeCounts *counts)
{
    gsize index;
    json_t *action;

    json_array_foreach(actions, index, action)
    {
        const char *name = json_string_value(action);

        counts->add += g_strcmp0(name, "create") == 0;
        counts->change += g_strcmp0(name, "update") == 0;
        counts->destroy += g_strcmp0(name, "delete") == 0;
        counts->forget += g_strcmp0(name, "forget") == 0;
    }
}

static bool is_unchanged(const json_t *change)
{
    const char *first = json_string_value(json_array_get(json_object_get(change, "actions"), 0));

    return g_strcmp0(first, "no-op") == 0;
}

static bool is_moved(const json_t *resource)
{
    return json_object_get(resource, "previous_address") &&
           is_unchanged(json_object_get(resource, "change"));
}

static void read_shown(const json_t *shown, PlanFile *file)
{
    ChangeCounts counts = { .is_known = true };
    const char *name;
    json_t *entry;
    gsize index;

    json_array_foreach(json_object_get(shown, "resource_changes"), index, entry)
    {
        const json_t *change = json_object_get(entry, "change");

        count_shown(json_object_get(change, "actions"), &counts);
        counts.import += json_object_get(change, "importing") != NULL;
        counts.move += is_moved(entry);
    }
    json_object_foreach(json_object_get(shown, "output_changes"), name, entry)
    {
        counts.outputs += !is_unchanged(entry);
    }
    counts.other =
        json_is_true(json_object_get(shown, "applyable")) && change_counts_is_empty(&counts);
    file->counts = counts;
}

/* When it cannot tell, the counts stay unknown. */
static bool ask_tool(const Ctx *ctx, const TfRun *run, const char *path, PlanFile *file)
{
    g_autoptr(GString) output = g_string_new(NULL);
    json_t *parsed =
        tf_show(ctx, run, path, output, NULL) ? js_parse(output->str, output->len, NULL) : NULL;
    json_auto_t *shown = parsed;

    if (!shown || !json_object_get(shown, "format_version"))
        return false;
    read_shown(shown, file);
    return true;
}

static bool read_archive(const char *path, PlanFile *file, GError **error)
{
    int why = 0;
    g_autoptr(Zip) archive = zip_open(path, ZIP_RDONLY, &why);
    g_autoptr(GString) plan = archive ? read_entry(archive, "tfplan", MAX_PLAN) : NULL;
    g_autoptr(GString) state = archive ? read_entry(archive, "tfstate", STATE_HEAD) : NULL;

    if (!archive)
        return hadal_throw(error, HADAL_ERROR_INVALID, "%s is not a plan file (zip error %d)", path,
                           why);
    if (!plan)
        return hadal_throw(error, HADAL_ERROR_INVALID, "%s has no plan in it", path);
    if (plan->len < MAX_PLAN)
        read_plan(plan, file);
    if (state)
        state_head_read(state->str, state->len, &file->lineage, &file->serial);
    return true;
}

bool plan_file_read(const Ctx *ctx, const TfRun *run, const char *path, PlanFile *file,
                    GError **error)
{
    g_auto(PlanFile) found = { .serial = -1 };
    g_autoptr(GError) why = NULL;
    bool is_read = read_archive(path, &found, &why);

    /* Not an archive may still be a plan: OpenTofu can encrypt them. */
    if (!found.counts.is_known && run && ask_tool(ctx, run, path, &found))
        is_read = true;
    if (!is_read) {
        g_propagate_error(error, g_steal_pointer(&why));
        return false;
    }
    *file = found;
    found = (PlanFile){ 0 };
    return true;
}
