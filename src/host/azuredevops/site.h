// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/error.h"

/*
 * The configured Azure DevOps and the addresses in it. An organisation may call itself
 * https://dev.azure.com/fabrikam or https://fabrikam.visualstudio.com, a server may be known by
 * several names, and events carry whichever the sender likes. Therefore the host of a foreign URL
 * is looked at only to tell these styles apart, and every address made here is under the configured
 * base URL: nothing that an event says decides where the token is sent.
 */
typedef struct _Site Site;

/* base_url as configured, with or without a path. INVALID when it is no http or https URL. */
Site *site_open(const char *base_url, GError **error) MUST_CHECK;
void site_free(Site *site);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Site, site_free)

/* Whether it is Azure DevOps Services, and not a server of somebody's own. */
bool site_is_service(const Site *site);

/* A repository by its ids: what a RepoRef's locator says. */
typedef struct _Place Place;
struct _Place {
    char
        *collection; /* path below the base URL, percent-encoded: "fabrikam"; "" when base has it */
    char *project, *repo; /* GUIDs */
};
void place_clear(Place *place);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Place, place_clear)

/* "fabrikam/<project GUID>/<repository GUID>"; INVALID when it is nothing of the kind. */
bool place_parse(const char *locator, Place *place, GError **error) MUST_CHECK;
char *place_locator(const Place *place);

/*
 * A project of a collection: "fabrikam/<GUID>", or with its name, encoded, where nobody told the
 * GUID.
 */
char *place_area(const Place *place);
/* The Place of an area, without a repository; INVALID when it is none. */
bool place_of_area(const char *area, Place *place, GError **error) MUST_CHECK;
/* The area of all that a pattern for allow names can match: "fabrikam/One" of
 * "dev.azure.com/fabrikam/One/?*"; NULL when it leaves collection or project open. */
char *site_area_of_pattern(const Site *site, const char *pattern);

/*
 * The collection that url is in, as Place has it: url is a collection's own ("https://dev.azure.com
 * /fabrikam/") or one below it ("…/fabrikam/<project GUID>/_apis/…"). INVALID when it names none.
 */
char *site_collection(const Site *site, const char *url, const char *project, GError **error)
    MUST_CHECK;

/* The collection of that name, as Place has it; "" when the base URL has it already, and when name
 * is NULL. INVALID when the base URL has another one, or none and there is no name. */
char *site_named_collection(const Site *site, const char *name, GError **error) MUST_CHECK;

/*
 * Names that the organisation of one of the addresses below may have: of the service its own, of a
 * server also that of a directory or project in front, which the address does not tell apart. Most
 * certain first; the caller frees the list.
 */
GStrv site_organizations(const Site *site, const char *url);

/* Addresses; the caller frees them. */
char *site_api_url(const Site *site, const Place *place); /* of the repository's REST calls */
/* "policy/evaluations": of a resource of the project. */
char *site_project_url(const Site *site, const Place *place, const char *resource);
/* "hooks/subscriptions": of a resource of a collection, which is as in Place. */
char *site_collection_url(const Site *site, const char *collection, const char *resource);
/* Of the collection's identities, which the service keeps on a host of their own. */
char *site_identities_url(const Site *site, const Place *place);
char *site_clone_url(const Site *site, const Place *place); /* by ids: survives renames */

/*
 * What the collection's repositories lie below: where git may be given the token. Of the service
 * both styles, "https://dev.azure.com/fabrikam" and "https://fabrikam.visualstudio.com"; of a
 * server the URL of its collection.
 */
GStrv site_git_urls(const Site *site, const Place *place);

/* What people call a repository. Borrowed. */
typedef struct _PlaceNames PlaceNames;
struct _PlaceNames {
    const char *collection; /* as in Place */
    const char *project, *repo;
};
/* INVALID when a name cannot be one: empty, with a slash or control characters. */
bool place_names_check(const PlaceNames *names, GError **error) MUST_CHECK;
char *site_full_name(const Site *site, const PlaceNames *names);  /* "fabrikam/One/infra" */
char *site_allow_name(const Site *site, const PlaceNames *names); /* "dev.azure.com/fabrikam/…" */
char *site_pull_page(const Site *site, const PlaceNames *names, gint64 number);
