// SPDX-License-Identifier: Apache-2.0
#include "engine/waves.h"

static const ProjectConfig *find(const ProjectConfig *const *projects, guint n, const char *name,
                                 guint *index)
{
    for (guint i = 0; i < n; i++)
        if (*projects[i]->ref->name && g_str_equal(projects[i]->ref->name, name)) {
            *index = i;
            return projects[i];
        }
    return NULL;
}

/* One step towards "after all that it depends on"; false when nothing moved. */
static bool move_behind(const ProjectConfig *const *projects, guint n, guint *depth)
{
    bool has_moved = false;

    for (guint i = 0; i < n; i++) {
        GStrv names = projects[i]->depends_on;

        for (gsize j = 0; names && names[j]; j++) {
            guint other;
            const ProjectConfig *before = find(projects, n, names[j], &other);

            if (!before || before->order_group != projects[i]->order_group ||
                depth[i] > depth[other])
                continue;
            depth[i] = depth[other] + 1;
            has_moved = true;
        }
    }
    return has_moved;
}

typedef struct {
    gint64 group;
    guint depth;
    guint index;
} Place;

static gint compare_places(gconstpointer a, gconstpointer b)
{
    const Place *first = a, *second = b;

    if (first->group != second->group)
        return first->group < second->group ? -1 : 1;
    if (first->depth != second->depth)
        return first->depth < second->depth ? -1 : 1;
    return first->index < second->index ? -1 : first->index > second->index;
}

void waves_init(Waves *waves, const ProjectConfig *const *projects, guint n, bool by_dependency)
{
    g_autofree guint *depth = g_new0(guint, n);
    g_autofree Place *places = g_new0(Place, n);
    bool moves = by_dependency;

    /* Configuration has no rings; were there one, this bound would end it. */
    for (guint i = 0; moves && i < n; i++)
        moves = move_behind(projects, n, depth);
    for (guint i = 0; i < n; i++)
        places[i] = (Place){ projects[i]->order_group, depth[i], i };
    qsort(places, n, sizeof *places, compare_places);
    *waves = (Waves){ .wave_of = g_new0(guint, n), .n = n };
    for (guint i = 0; i < n; i++) {
        bool is_next = i == 0 || places[i].group != places[i - 1].group ||
                       places[i].depth != places[i - 1].depth;

        waves->n_waves += is_next;
        waves->wave_of[places[i].index] = waves->n_waves - 1;
    }
}

void waves_clear(Waves *waves)
{
    g_clear_pointer(&waves->wave_of, g_free);
}

typedef struct {
    GArray *indices; /* of guint */
    SlotWork work;
    gpointer data;
} Wave;

static void run_one(const Ctx *ctx, guint index, gpointer data)
{
    Wave *wave = data;

    wave->work(ctx, g_array_index(wave->indices, guint, index), wave->data);
}

void waves_run_one(const Ctx *ctx, const Waves *waves, guint number, guint most_at_once,
                   SlotWork work, gpointer data)
{
    g_autoptr(GArray) indices = g_array_new(FALSE, FALSE, sizeof(guint));
    Wave wave = { indices, work, data };

    for (guint i = 0; i < waves->n; i++)
        if (waves->wave_of[i] == number)
            g_array_append_val(indices, i);
    slots_run(ctx, indices->len, most_at_once, run_one, &wave);
}

void waves_run(const Ctx *ctx, const Waves *waves, guint most_at_once, SlotWork work,
               bool (*goes_on)(gpointer data), gpointer data)
{
    for (guint i = 0; i < waves->n_waves; i++) {
        if (i > 0 && goes_on && !goes_on(data))
            return;
        waves_run_one(ctx, waves, i, most_at_once, work, data);
    }
}
