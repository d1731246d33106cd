// SPDX-License-Identifier: Apache-2.0
#include "tf/install.h"

#include <stdatomic.h>

#include "base/clock.h"
#include "mirror.h"

static const Ctx ctx = { 0 };
static _Atomic(gint64) now = 1000000;

/* In place of base/clock.c: lists of versions grow old when a test says so. */
gint64 clock_now(void)
{
    return now;
}

char *clock_text(gint64 time_ms)
{
    return g_strdup_printf("%" G_GINT64_FORMAT, time_ms);
}

char *clock_duration_text(gint64 duration_ms)
{
    return g_strdup_printf("%" G_GINT64_FORMAT " ms", duration_ms);
}

static TfWanted exact(const char *distribution, const char *version)
{
    return (TfWanted){ .distribution = distribution, .version = version };
}

static void assert_obtains(const Mirror *mirror, const TfWanted *wanted, const char *version,
                           const char *path)
{
    g_auto(TfTool) tool = { 0 };
    g_autofree char *want = g_build_filename(mirror->dir, path, NULL);
    g_autoptr(GError) error = NULL;

    assert_ok(tf_tool_obtain(&ctx, &mirror->source, wanted, &tool, &error), error);
    assert_string_equal(tool.version, version);
    assert_string_equal(tool.path, want);
}

static void assert_refuses(const Mirror *mirror, const TfWanted *wanted, HadalError code,
                           const char *const *says)
{
    g_auto(TfTool) tool = { 0 };
    g_autofree char *leftover = g_build_filename(mirror->data_dir, "bin", ".download", NULL);
    g_autoptr(GError) error = NULL;

    assert_fails(tf_tool_obtain(&ctx, &mirror->source, wanted, &tool, &error), error, code);
    for (gsize i = 0; says[i]; i++)
        if (!strstr(error->message, says[i]))
            fail_msg("\"%s\" is not in: %s", says[i], error->message);
    assert_null(tool.path);
    assert_false(g_file_test(leftover, G_FILE_TEST_EXISTS));
}

#define SAYS(...) ((const char *const[]){ __VA_ARGS__, NULL })

/* --- without a download --- */

TEST(without_a_wish_the_program_on_path_is_it)
{
    Mirror *mirror = *fixture;
    const TfWanted any = exact("opentofu", NULL), unknown = exact("pulumi", NULL);

    mirror_put_on_path(mirror, "tofu", "1.8.0");

    assert_obtains(mirror, &any, "1.8.0", "bin/tofu");
    assert_refuses(mirror, &unknown, HADAL_ERROR_INVALID, SAYS("\"pulumi\""));
}

TEST(a_version_is_looked_for_on_path_and_in_the_data_directory)
{
    Mirror *mirror = *fixture;
    static const char *const places[][2] = {
        { "1.8.0", "bin/terraform" },
        { "1.8.1", "bin/terraform1.8.1" },
        { "1.8.2", "data/bin/terraform1.8.2" },
        { "1.8.3", "data/bin/terraform/1.8.3/terraform" },
    };

    mirror->source.downloads = false;
    for (gsize i = 0; i < G_N_ELEMENTS(places); i++) {
        g_autofree char *path = g_build_filename(mirror->dir, places[i][1], NULL);
        g_autofree char *script = script_of(places[i][0]);

        write_file(path, script, -1, 0700);
    }

    for (gsize i = 0; i < G_N_ELEMENTS(places); i++) {
        const TfWanted wanted = exact("terraform", places[i][0]);

        assert_obtains(mirror, &wanted, places[i][0], places[i][1]);
    }
}

TEST(the_project_comes_before_its_constraint_and_that_before_the_default)
{
    Mirror *mirror = *fixture;
    TfWanted wanted = { .distribution = "terraform",
                        .version = "v1.8.1",
                        .constraints = SAYS("= 1.8.2"),
                        .default_version = "1.8.3" };

    mirror->source.downloads = false;
    mirror_put_on_path(mirror, "terraform", "1.8.0");
    mirror_put_on_path(mirror, "terraform1.8.1", "1.8.1");
    mirror_put_on_path(mirror, "terraform1.8.2", "1.8.2");
    mirror_put_on_path(mirror, "terraform1.8.3", "1.8.3");

    assert_obtains(mirror, &wanted, "1.8.1", "bin/terraform1.8.1");
    wanted.version = NULL;
    assert_obtains(mirror, &wanted, "1.8.2", "bin/terraform1.8.2");
    wanted.constraints = NULL;
    assert_obtains(mirror, &wanted, "1.8.3", "bin/terraform1.8.3");
    wanted.default_version = NULL;
    assert_obtains(mirror, &wanted, "1.8.0", "bin/terraform");
}

TEST(without_downloads_the_highest_that_is_there_is_taken)
{
    Mirror *mirror = *fixture;
    TfWanted wanted = { .distribution = "terraform", .constraints = SAYS(">= 1.8", "< 1.10") };

    mirror->source.downloads = false;
    mirror_put_on_path(mirror, "terraform", "1.8.0");
    mirror_put_on_path(mirror, "terraform1.9.2", "1.9.2");
    mirror_put_on_path(mirror, "terraform1.9.10", "1.9.10");
    mirror_put_on_path(mirror, "terraform1.10.0", "1.10.0");
    mirror_put_on_path(mirror, "tofu1.9.99", "1.9.99");

    assert_obtains(mirror, &wanted, "1.9.10", "bin/terraform1.9.10");
    wanted.constraints = SAYS("~> 2.0");
    assert_refuses(
        mirror, &wanted, HADAL_ERROR_NOT_FOUND,
        SAYS("required_version \"~> 2.0\"", "1.10.0, 1.8.0, 1.9.10, 1.9.2", "--tf-download=false"));
    wanted.version = "2.0.0";
    assert_refuses(mirror, &wanted, HADAL_ERROR_NOT_FOUND,
                   SAYS("Terraform 2.0.0 is not on this server", "\"terraform2.0.0\""));
    assert_int_equal(mirror_count("/terraform/index.json"), 0);
}

TEST(what_cannot_be_read_is_named)
{
    Mirror *mirror = *fixture;
    const TfWanted version = exact("terraform", "../1.9"),
                   constraint = { .distribution = "terraform", .constraints = SAYS("=> 1.5") };

    assert_refuses(mirror, &version, HADAL_ERROR_INVALID, SAYS("\"../1.9\" is not a version"));
    assert_refuses(mirror, &constraint, HADAL_ERROR_INVALID,
                   SAYS("required_version", "\"=> 1.5\""));
}

/* --- downloads --- */

TEST(a_missing_version_is_downloaded_once)
{
    Mirror *mirror = *fixture;
    const TfWanted wanted = exact("terraform", "1.9.5");
    g_autofree char *archive = mirror_path("terraform", "1.9.5", NULL);
    GStatBuf info;

    mirror_release(mirror, "terraform", "1.9.5", "1.9.5");

    for (int i = 0; i < 2; i++)
        assert_obtains(mirror, &wanted, "1.9.5", "data/bin/terraform/1.9.5/terraform");
    assert_int_equal(mirror_count(archive), 1);
    g_autofree char *path =
        g_build_filename(mirror->data_dir, "bin/terraform/1.9.5/terraform", NULL);

    assert_int_equal(g_stat(path, &info), 0);
    assert_int_equal(info.st_mode & 07777, 0755);
}

TEST(one_version_of_both_distributions_does_not_collide)
{
    Mirror *mirror = *fixture;
    const TfWanted terraform = exact("terraform", "1.9.0"), tofu = exact("opentofu", "1.9.0");

    mirror_release(mirror, "terraform", "1.9.0", "1.9.0");
    mirror_release(mirror, "opentofu", "1.9.0", "1.9.0");

    assert_obtains(mirror, &terraform, "1.9.0", "data/bin/terraform/1.9.0/terraform");
    assert_obtains(mirror, &tofu, "1.9.0", "data/bin/opentofu/1.9.0/tofu");
    assert_int_equal(mirror_count("/terraform/1.9.0/terraform_1.9.0_SHA256SUMS"), 1);
    assert_int_equal(mirror_count("/v1.9.0/tofu_1.9.0_SHA256SUMS"), 1);
}

TEST(what_is_not_what_was_released_is_refused)
{
    Mirror *mirror = *fixture;
    const TfWanted wanted = exact("terraform", "1.9.5");
    g_autofree char *path = mirror_path("terraform", "1.9.5", NULL);
    g_autofree char *file = g_build_filename(mirror->root, path, NULL);
    g_autofree char *kept = g_build_filename(mirror->data_dir, "bin/terraform/1.9.5", NULL);

    mirror_release(mirror, "terraform", "1.9.5", "1.9.5");
    make_zip(file, "terraform", "#!/bin/sh\nexit 0\n");
    assert_refuses(mirror, &wanted, HADAL_ERROR_DENIED,
                   SAYS("download Terraform 1.9.5", "SHA-256", "not what was released"));

    mirror_write(mirror, "/terraform/1.9.5/terraform_1.9.5_SHA256SUMS", "0123  other.zip\n");
    assert_refuses(mirror, &wanted, HADAL_ERROR_DENIED, SAYS("has no digest of terraform_1.9.5_"));
    assert_false(g_file_test(kept, G_FILE_TEST_EXISTS));
}

TEST(an_archive_that_is_broken_is_refused)
{
    Mirror *mirror = *fixture;
    const TfWanted wanted = exact("terraform", "1.9.5");
    g_autofree char *path = mirror_path("terraform", "1.9.5", NULL);
    g_autofree char *file = g_build_filename(mirror->root, path, NULL);
    g_autofree char *bytes = NULL;
    gsize length;

    mirror_release(mirror, "terraform", "1.9.5", "1.9.5");
    assert_true(g_file_get_contents(file, &bytes, &length, NULL));
    write_file(file, bytes, (gssize)length / 2, 0600);
    mirror_sum(mirror, "terraform", "1.9.5");
    assert_refuses(mirror, &wanted, HADAL_ERROR_FAILED, SAYS("no zip archive"));

    make_zip(file, "../terraform", "#!/bin/sh\n");
    mirror_sum(mirror, "terraform", "1.9.5");
    assert_refuses(mirror, &wanted, HADAL_ERROR_FAILED, SAYS("has no file \"terraform\""));

    mirror_release(mirror, "terraform", "1.9.5", "1.9.4");
    assert_refuses(mirror, &wanted, HADAL_ERROR_FAILED, SAYS("1.9.5 has version 1.9.4"));
}

TEST(no_such_release_is_not_found_and_a_mirror_that_is_away_is_a_retry)
{
    Mirror *mirror = *fixture;
    const TfWanted wanted = exact("terraform", "1.9.5");

    assert_refuses(mirror, &wanted, HADAL_ERROR_NOT_FOUND,
                   SAYS("download Terraform 1.9.5", "SHA256SUMS", "404"));
    mirror->source.terraform_url = "http://127.0.0.1:1";
    assert_refuses(mirror, &wanted, HADAL_ERROR_RETRY, SAYS("download Terraform 1.9.5"));
}

TEST(a_kept_program_that_does_not_work_is_downloaded_again)
{
    Mirror *mirror = *fixture;
    const TfWanted wanted = exact("terraform", "1.9.5");
    static const char place[] = "data/bin/terraform/1.9.5/terraform";
    g_autofree char *path = g_build_filename(mirror->dir, place, NULL);

    mirror_release(mirror, "terraform", "1.9.5", "1.9.5");
    write_file(path, "#!/bin/sh\nexit 1\n", -1, 0700);

    assert_obtains(mirror, &wanted, "1.9.5", place);
}

TEST(what_a_crash_left_is_removed_and_never_taken_for_a_program)
{
    Mirror *mirror = *fixture;
    const TfWanted wanted = exact("terraform", "1.9.5");
    g_autofree char *half =
        g_build_filename(mirror->data_dir, "bin", ".download", "terraform", NULL);

    mirror_release(mirror, "terraform", "1.9.5", "1.9.5");
    write_file(half, "#!/bin/sh\n", -1, 0700);

    assert_obtains(mirror, &wanted, "1.9.5", "data/bin/terraform/1.9.5/terraform");
    assert_false(g_file_test(half, G_FILE_TEST_EXISTS));
}

enum { MANY = 16 };

typedef struct {
    const Mirror *mirror;
    bool is_ok;
} Caller;

static void *obtain(void *data)
{
    Caller *caller = data;
    const TfWanted wanted = { .distribution = "terraform", .constraints = SAYS("~> 1.9.0") };
    g_auto(TfTool) tool = { 0 };

    caller->is_ok = tf_tool_obtain(&ctx, &caller->mirror->source, &wanted, &tool, NULL) &&
                    g_str_equal(tool.version, "1.9.5");
    return NULL;
}

TEST(many_who_want_the_same_download_it_once)
{
    Mirror *mirror = *fixture;
    g_autofree char *archive = mirror_path("terraform", "1.9.5", NULL);
    Caller callers[MANY];
    pthread_t threads[MANY];

    mirror_release(mirror, "terraform", "1.9.5", "1.9.5");
    mirror_write(mirror, "/terraform/index.json", "{\"versions\":{\"1.9.4\":{},\"1.9.5\":{}}}");
    for (int i = 0; i < MANY; i++) {
        callers[i] = (Caller){ .mirror = mirror };
        assert_int_equal(pthread_create(&threads[i], NULL, obtain, &callers[i]), 0);
    }
    for (int i = 0; i < MANY; i++) {
        pthread_join(threads[i], NULL);
        assert_true(callers[i].is_ok);
    }

    assert_int_equal(mirror_count(archive), 1);
    assert_int_equal(mirror_count("/terraform/index.json"), 1);
}

/* --- the list of versions --- */

static const char terraform_index[] =
    "{\"name\":\"terraform\",\"versions\":{\"1.8.0\":{},\"1.9.4\":{},\"1.10.0-beta1\":{},"
    "\"1.9.10\":{},\"what\":{},\"2.0.0\":{}}}";
static const char tofu_index[] = "{\"versions\":[{\"id\":\"1.9.0\"},{\"id\":\"1.9.1\"},{}]}";

TEST(a_constraint_takes_the_highest_release_of_the_mirror)
{
    Mirror *mirror = *fixture;
    const TfWanted terraform = { .distribution = "terraform",
                                 .constraints = SAYS(">= 1.8", "< 2"),
                                 .default_version = "1.8.0" },
                   beta = { .distribution = "terraform", .constraints = SAYS("~> 1.10.0-beta1") },
                   tofu = { .distribution = "opentofu", .constraints = SAYS("~> 1.9.0") },
                   none = { .distribution = "terraform", .constraints = SAYS("~> 3.0") };

    mirror_write(mirror, "/terraform/index.json", terraform_index);
    mirror_write(mirror, "/api.json", tofu_index);
    mirror_put_on_path(mirror, "terraform", "1.8.0");
    mirror_release(mirror, "terraform", "1.9.10", "1.9.10");
    mirror_release(mirror, "terraform", "1.10.0-beta1", "1.10.0-beta1");
    mirror_release(mirror, "opentofu", "1.9.1", "1.9.1");

    assert_obtains(mirror, &terraform, "1.9.10", "data/bin/terraform/1.9.10/terraform");
    assert_obtains(mirror, &beta, "1.10.0-beta1", "data/bin/terraform/1.10.0-beta1/terraform");
    assert_obtains(mirror, &tofu, "1.9.1", "data/bin/opentofu/1.9.1/tofu");
    assert_refuses(mirror, &none, HADAL_ERROR_INVALID,
                   SAYS("\"~> 3.0\" allows no released version of Terraform"));
    assert_int_equal(mirror_count("/terraform/index.json"), 1);
}

TEST(a_list_is_read_again_after_a_while_and_kept_when_it_cannot_be)
{
    Mirror *mirror = *fixture;
    const TfWanted wanted = { .distribution = "terraform", .constraints = SAYS("~> 1.9.0") };
    static const char *const versions[] = { "1.9.4", "1.9.5" };

    mirror_put_on_path(mirror, "terraform", "1.9.1"); /* what would do without any list */
    for (gsize i = 0; i < 2; i++)
        mirror_release(mirror, "terraform", versions[i], versions[i]);
    mirror_write(mirror, "/terraform/index.json", "{\"versions\":{\"1.9.4\":{}}}");
    assert_obtains(mirror, &wanted, "1.9.4", "data/bin/terraform/1.9.4/terraform");
    mirror_write(mirror, "/terraform/index.json", "{\"versions\":{\"1.9.5\":{}}}");
    assert_obtains(mirror, &wanted, "1.9.4", "data/bin/terraform/1.9.4/terraform");
    now += 10 * 60 * 1000;
    assert_obtains(mirror, &wanted, "1.9.5", "data/bin/terraform/1.9.5/terraform");
    mirror_write(mirror, "/terraform/index.json", "<html>");
    now += 10 * 60 * 1000;
    assert_obtains(mirror, &wanted, "1.9.5", "data/bin/terraform/1.9.5/terraform");
    assert_obtains(mirror, &wanted, "1.9.5", "data/bin/terraform/1.9.5/terraform");
    assert_int_equal(mirror_count("/terraform/index.json"), 3);
}

TEST(without_a_list_the_default_is_taken_when_it_fits_and_else_the_best_there_is)
{
    Mirror *mirror = *fixture;
    TfWanted wanted = { .distribution = "terraform", .constraints = SAYS("~> 1.9.0") };

    mirror_put_on_path(mirror, "terraform", "1.9.2");
    mirror_put_on_path(mirror, "terraform1.9.3", "1.9.3");
    mirror_put_on_path(mirror, "terraform1.9.4", "1.9.4");

    assert_obtains(mirror, &wanted, "1.9.2", "bin/terraform");
    wanted.default_version = "1.9.3";
    assert_obtains(mirror, &wanted, "1.9.3", "bin/terraform1.9.3");
    wanted.default_version = "1.8.0";
    assert_obtains(mirror, &wanted, "1.9.4", "bin/terraform1.9.4");
    wanted.constraints = SAYS("> 2");
    assert_refuses(mirror, &wanted, HADAL_ERROR_NOT_FOUND,
                   SAYS("\"> 2\"", "1.9.2, 1.9.3, 1.9.4", "index.json: status 404"));
}

/* --- signatures --- */

static char *fixture_path(const char *name)
{
    return g_build_filename(g_getenv("HADAL_SOURCE_ROOT"), "tests/fixtures/release", name, NULL);
}

static void serve_fixture(const Mirror *mirror, const char *name, const char *as)
{
    g_autofree char *from = fixture_path(name), *path = mirror_path("opentofu", "1.9.0", as);
    g_autofree char *to = g_build_filename(mirror->root, path, NULL), *bytes = NULL;
    gsize length;

    assert_true(g_file_get_contents(from, &bytes, &length, NULL));
    write_file(to, bytes, (gssize)length, 0600);
}

TEST(a_release_that_the_key_has_signed_is_taken)
{
    Mirror *mirror = *fixture;
    const TfWanted wanted = exact("opentofu", "1.9.0");
    static const char *const keys[] = { "key.asc", "key.gpg" };

    serve_fixture(mirror, "tofu_1.9.0.zip", NULL);
    serve_fixture(mirror, "tofu_1.9.0_SHA256SUMS", "tofu_1.9.0_SHA256SUMS");
    serve_fixture(mirror, "tofu_1.9.0_SHA256SUMS.gpgsig", "tofu_1.9.0_SHA256SUMS.gpgsig");

    for (gsize i = 0; i < G_N_ELEMENTS(keys); i++) {
        g_autofree char *key = fixture_path(keys[i]);
        g_autofree char *kept = g_build_filename(mirror->data_dir, "bin/opentofu", NULL);

        mirror->source.opentofu_key = key;
        assert_obtains(mirror, &wanted, "1.9.0", "data/bin/opentofu/1.9.0/tofu");
        assert_true(files_remove_tree(kept, NULL));
    }
}

TEST(without_a_good_signature_nothing_is_taken)
{
    Mirror *mirror = *fixture;
    const TfWanted wanted = exact("opentofu", "1.9.0");
    g_autofree char *key = fixture_path("key.asc"), *other = fixture_path("other.asc");
    g_autofree char *no_key = fixture_path("tofu_1.9.0_SHA256SUMS");
    g_autofree char *no_file = fixture_path("missing.asc");

    mirror_release(mirror, "opentofu", "1.9.0", "1.9.0");
    mirror->source.opentofu_key = key;
    assert_refuses(mirror, &wanted, HADAL_ERROR_NOT_FOUND,
                   SAYS("fetch the signature", ".gpgsig", "404"));
    serve_fixture(mirror, "tofu_1.9.0_SHA256SUMS.gpgsig", "tofu_1.9.0_SHA256SUMS.gpgsig");
    assert_refuses(mirror, &wanted, HADAL_ERROR_DENIED, SAYS("no good signature", "BAD"));

    serve_fixture(mirror, "tofu_1.9.0_SHA256SUMS", "tofu_1.9.0_SHA256SUMS");
    mirror->source.opentofu_key = other;
    assert_refuses(mirror, &wanted, HADAL_ERROR_DENIED, SAYS("no good signature"));
    mirror->source.opentofu_key = no_key;
    assert_refuses(mirror, &wanted, HADAL_ERROR_INVALID, SAYS("is no OpenPGP public key"));
    mirror->source.opentofu_key = no_file;
    assert_refuses(mirror, &wanted, HADAL_ERROR_NOT_FOUND, SAYS("signing key"));
}

TEST(a_key_without_a_program_to_check_with_refuses_the_download)
{
    Mirror *mirror = *fixture;
    const TfWanted wanted = exact("opentofu", "1.9.0");
    g_autofree char *key = fixture_path("key.asc");

    mirror_release(mirror, "opentofu", "1.9.0", "1.9.0");
    serve_fixture(mirror, "tofu_1.9.0_SHA256SUMS.gpgsig", "tofu_1.9.0_SHA256SUMS.gpgsig");
    mirror->source.opentofu_key = key;
    g_setenv("PATH", mirror->bin, TRUE);

    assert_refuses(mirror, &wanted, HADAL_ERROR_NOT_FOUND, SAYS("\"gpgv\"", "install it"));
}

#define MIRROR_TEST(name) cmocka_unit_test_setup_teardown(name, mirror_setup, mirror_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        MIRROR_TEST(without_a_wish_the_program_on_path_is_it),
        MIRROR_TEST(a_version_is_looked_for_on_path_and_in_the_data_directory),
        MIRROR_TEST(the_project_comes_before_its_constraint_and_that_before_the_default),
        MIRROR_TEST(without_downloads_the_highest_that_is_there_is_taken),
        MIRROR_TEST(what_cannot_be_read_is_named),
        MIRROR_TEST(a_missing_version_is_downloaded_once),
        MIRROR_TEST(one_version_of_both_distributions_does_not_collide),
        MIRROR_TEST(what_is_not_what_was_released_is_refused),
        MIRROR_TEST(an_archive_that_is_broken_is_refused),
        MIRROR_TEST(no_such_release_is_not_found_and_a_mirror_that_is_away_is_a_retry),
        MIRROR_TEST(a_kept_program_that_does_not_work_is_downloaded_again),
        MIRROR_TEST(what_a_crash_left_is_removed_and_never_taken_for_a_program),
        MIRROR_TEST(many_who_want_the_same_download_it_once),
        MIRROR_TEST(a_constraint_takes_the_highest_release_of_the_mirror),
        MIRROR_TEST(a_list_is_read_again_after_a_while_and_kept_when_it_cannot_be),
        MIRROR_TEST(without_a_list_the_default_is_taken_when_it_fits_and_else_the_best_there_is),
        MIRROR_TEST(a_release_that_the_key_has_signed_is_taken),
        MIRROR_TEST(without_a_good_signature_nothing_is_taken),
        MIRROR_TEST(a_key_without_a_program_to_check_with_refuses_the_download),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
