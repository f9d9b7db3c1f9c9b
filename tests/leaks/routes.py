"""Every address that can be read. A new route needs one line here, or the test of the list fails."""

from __future__ import annotations

from tests.leaks.site import ALL_STREAMS

CONTENT = ("topic", "post", "article", "event", "group", "picture")
TAGGED = ("topic", "article", "event")

Reads = tuple[tuple[str, str], ...]
"""How a route is opened: kinds of items with the address for each of them; `""` for an address of nothing."""


def once(*addresses: str) -> Reads:
    return tuple(("", address) for address in addresses)


def each(kinds: str | tuple[str, ...], *templates: str) -> Reads:
    """`templates` are filled with an item's `values`."""
    wanted = (kinds,) if isinstance(kinds, str) else kinds
    return tuple((kind, template) for kind in wanted for template in templates)


def formats(template: str, *endings: str) -> tuple[str, ...]:
    return tuple(template.replace("FORMAT", ending) for ending in endings or ("rss", "atom", "json"))


API = "/api/v1"
QUERY = "/api.php?action=query&format=json"

READS: dict[str, Reads] = {
    # The site
    "/": once("/", "/?uselang=qqx"),
    "/about": once("/about"),
    "/conduct": once("/conduct"),
    "/contact-moderators": once("/contact-moderators"),
    "/transparency": once("/transparency"),
    "/languages": once("/languages"),
    "/favicon.ico": once("/favicon.ico"),
    "/robots.txt": once("/robots.txt"),
    "/manifest.webmanifest": once("/manifest.webmanifest"),
    "/service-worker.js": once("/service-worker.js"),
    "/offline": once("/offline"),
    "/sitemap.xml": once("/sitemap.xml"),
    "/sitemap-pages.xml": once("/sitemap-pages.xml"),
    "/sitemap-<any(news, talk, events):section>-<month>.xml": once(
        *(f"/sitemap-{section}-{{month}}.xml" for section in ("news", "talk", "events"))
    ),
    "/live": once("/live"),
    "/v2/stream/<names>": once(ALL_STREAMS),
    "/wiki/": once("/wiki/"),
    "/wiki/<path:page>": each(("topic", "article", "event"), "/wiki/Title {word}")
    + each(("topic", "article", "event"), "/wiki/{kind}:{id}"),
    # Signing in
    "/sign-in": once("/sign-in"),
    "/sign-up": once("/sign-up"),
    "/sign-in/reset": once("/sign-in/reset"),
    "/sign-in/reset/<token>": once("/sign-in/reset/none"),
    "/sign-in/confirm/<token>": once("/sign-in/confirm/none"),
    "/sign-in/wiki": once("/sign-in/wiki"),
    "/sign-in/wiki/name": once("/sign-in/wiki/name"),
    "/sign-in/wiki/link": once("/sign-in/wiki/link"),
    "/sign-in/wiki/password": once("/sign-in/wiki/password"),
    "/sign-in/wiki/ask": once("/sign-in/wiki/ask"),
    "/sign-in/wiki/withdraw": once("/sign-in/wiki/withdraw"),
    "/sign-in/wiki/callback": once("/sign-in/wiki/callback?state=none&code=none"),
    "/settings": once("/settings"),
    "/settings/account": once("/settings/account"),
    "/settings/data": once("/settings/data"),
    "/settings/passkeys": once("/settings/passkeys"),
    "/settings/passkeys/<passkey_id>": once("/settings/passkeys/none"),
    "/settings/people": once("/settings/people"),
    "/settings/notifications": once("/settings/notifications"),
    "/settings/notifications/phones": once("/settings/notifications/phones"),
    "/mail/<token>": once("/mail/none"),
    "/mail/held/<token>": once("/mail/held/none"),
    # News
    "/news": once("/news", "/news?category=stories", "/news?lang=en") + each("article", "/news?tag={tag}"),
    "/news/<slug>": each("article", "/news/{slug}", "/news/{id}"),
    "/news/<slug>/history": each("article", "/news/{slug}/history"),
    "/news/<slug>/edit": each("article", "/news/{slug}/edit"),
    "/news/<slug>/delete": each("article", "/news/{slug}/delete"),
    "/news/<slug>/translate": each("article", "/news/{slug}/translate"),
    "/news/<slug>/translate/<code>": each("article", "/news/{slug}/translate/de"),
    "/news/board": once(
        *(
            f"/news/board?state={state}"
            for state in ("submitted", "returned", "scheduled", "draft", "declined")
        )
    ),
    "/news/board/agenda": once("/news/board/agenda"),
    "/news/board/proposals": once("/news/board/proposals"),
    "/news/board/proposals/<proposal_id>": each("proposal", "/news/board/proposals/{id}"),
    "/news/submit": once("/news/submit"),
    "/drafts": once("/drafts"),
    "/media/<picture_id>/<int:width>": each("picture", "/media/{id}/40"),
    # Talk
    "/talk": once("/talk", "/talk?sort=new") + each("topic", "/talk?tag={tag}"),
    "/talk/c/<category>": once("/talk/c/help"),
    "/talk/t/<topic_id>": each("topic", "/talk/t/{id}"),
    "/talk/t/<topic_id>/<slug>": each("topic", "/talk/t/{id}/{slug}", "/talk/t/{id}/{slug}?lang=de"),
    "/talk/t/<topic_id>/<slug>/edit": each("topic", "/talk/t/{id}/{slug}/edit"),
    "/talk/t/<topic_id>/<slug>/delete": each("topic", "/talk/t/{id}/{slug}/delete"),
    "/talk/t/<topic_id>/<slug>/history": each("topic", "/talk/t/{id}/{slug}/history"),
    "/talk/t/<topic_id>/<slug>/translate": each("topic", "/talk/t/{id}/{slug}/translate"),
    "/talk/p/<post_id>": each("post", "/talk/p/{id}"),
    "/talk/p/<post_id>/edit": each("post", "/talk/p/{id}/edit"),
    "/talk/p/<post_id>/delete": each("post", "/talk/p/{id}/delete"),
    "/talk/p/<post_id>/history": each("post", "/talk/p/{id}/history"),
    "/talk/new": once("/talk/new"),
    # Events
    "/events": once("/events", "/events?view=month&month={event_month}") + each("event", "/events?tag={tag}"),
    "/events/<event_id>": each("event", "/events/{id}"),
    "/events/<event_id>/<slug>": each("event", "/events/{id}/{slug}"),
    "/events/<event_id>/<slug>/edit": each("event", "/events/{id}/{slug}/edit"),
    "/events/<event_id>/<slug>/delete": each("event", "/events/{id}/{slug}/delete"),
    "/events/<event_id>/<slug>/history": each("event", "/events/{id}/{slug}/history"),
    "/events/<event_id>/<slug>/translate": each("event", "/events/{id}/{slug}/translate"),
    "/events/map": once("/events/map"),
    "/events/map/names.json": once("/events/map/names.json"),
    "/events/map/overview.svg": once("/events/map/overview.svg"),
    "/events/map/world.svg": once("/events/map/world.svg"),
    "/events/new": once("/events/new"),
    "/events/places": once("/events/places?q=zq"),
    # Groups and people
    "/groups": once("/groups"),
    "/groups/<slug>": each("group", "/groups/{slug}"),
    "/groups/<slug>/edit": each("group", "/groups/{slug}/edit"),
    "/groups/<slug>/leave": each("group", "/groups/{slug}/leave"),
    "/groups/<slug>/settings": each("group", "/groups/{slug}/settings"),
    "/groups/archived": once("/groups/archived"),
    "/groups/new": once("/groups/new"),
    "/people": once("/people"),
    "/people/<name>": each("person", "/people/{name}"),
    "/notifications": once("/notifications", "/notifications?show=unread"),
    "/notifications/follows": once("/notifications/follows"),
    # Search and tags
    "/search": once(
        "/search?q=zq",
        "/search?kind=topic",
        "/search?q=kind:topic",
        "/search?q=kind:article+kind:event+kind:group",
        "/search?q=after:2000",
    )
    + each(CONTENT, "/search?q={word}", "/search?q={word}x")
    + each("group", "/search?q=group:{slug}+zq"),
    "/opensearch.xml": once("/opensearch.xml"),
    "/search/similar": once("/search/similar?q=zqzq", "/search/similar?q=Title")
    + each(CONTENT, "/search/similar?q={word}"),
    "/search/suggest": once("/search/suggest?q=zq", "/search/suggest?q=Title")
    + each(CONTENT, "/search/suggest?q={word}"),
    "/tags": once("/tags", "/tags?q=zq") + each(TAGGED, "/tags?q={tag}"),
    "/tags/<tag>": each(TAGGED, "/tags/{tag}"),
    # Moderation and administration
    "/report": each(("topic", "post", "article", "event", "group", "person"), "/report?of={path}"),
    "/moderation": once("/moderation", "/moderation?show=closed"),
    "/moderation/cases/<case_id>": each("case", "/moderation/cases/{id}"),
    "/moderation/deletions": once("/moderation/deletions"),
    "/decisions/<decision_id>": each("decision", "/decisions/{id}"),
    "/admin": once("/admin"),
    "/admin/categories": once("/admin/categories"),
    "/admin/categories/<domain>/<slug>": once(
        "/admin/categories/news/stories", "/admin/categories/talk/help"
    ),
    "/admin/categories/<domain>/<slug>/merge": once(
        "/admin/categories/news/stories/merge", "/admin/categories/talk/help/merge?into=help"
    ),
    "/admin/tags": once("/admin/tags", "/admin/tags?q=zq"),
    "/admin/tags/<tag>": each(TAGGED, "/admin/tags/{tag}"),
    "/admin/invitations": once("/admin/invitations"),
    "/admin/sign-up-requests": once("/admin/sign-up-requests"),
    "/admin/log": once("/admin/log"),
    "/admin/people": once("/admin/people", "/admin/people?q=zq"),
    "/admin/people/<name>": each("person", "/admin/people/{name}"),
    "/admin/people/<name>/account": each("person", "/admin/people/{name}/account"),
    "/admin/people/<name>/parts": each("person", "/admin/people/{name}/parts"),
    "/admin/people/<name>/trust": each("person", "/admin/people/{name}/trust"),
    "/admin/site": once("/admin/site"),
    "/admin/new-people": once("/admin/new-people"),
    "/admin/terms": once("/admin/terms", "/admin/terms?try=zq*"),
    "/admin/words": once("/admin/words"),
    "/held": once("/held"),
    "/held/<area>/<held_id>": each("held", "/held/talk/{id}"),
    # Feeds, calendars and what wikis read
    "/feeds": once("/feeds"),
    "/feeds/all.<any(rss, atom, json):format>": once(*formats("/feeds/all.FORMAT")),
    "/feeds/news.<any(rss, atom, json):format>": once(*formats("/feeds/news.FORMAT")),
    "/feeds/talk.<any(rss, atom, json):format>": once(*formats("/feeds/talk.FORMAT")),
    "/feeds/events.<any(rss, atom, json):format>": once(*formats("/feeds/events.FORMAT")),
    "/feeds/events.ics": once("/feeds/events.ics"),
    "/feeds/events/<event_id>.ics": each("event", "/feeds/events/{id}.ics"),
    "/feeds/tags/<path:tag>": each(TAGGED, *formats("/feeds/tags/{tag}.FORMAT", "json", "ics")),
    "/feeds/search.<any(rss, atom, json, ics):format>": once(*formats("/feeds/search.FORMAT?q=zq"))
    + each(CONTENT, *formats("/feeds/search.FORMAT?q={word}", "json", "ics")),
    "/api.php": once(
        f"{QUERY}&meta=siteinfo|userinfo|notifications&siprop=general|namespaces|statistics&notprop=list|count",
        f"{QUERY}&list=search&srsearch=zq",
        "/api.php?action=opensearch&search=zq&format=json",
    )
    + each(
        CONTENT,
        f"{QUERY}&list=search&srsearch={{word}}",
        "/api.php?action=opensearch&search={word}&format=json",
    ),
    # The API
    f"{API}/openapi.json": once(f"{API}/openapi.json"),
    f"{API}/articles": once(
        f"{API}/articles",
        *(
            f"{API}/articles?status={state}"
            for state in ("draft", "submitted", "returned", "scheduled", "declined")
        ),
    )
    + each("article", f"{API}/articles?tag={{tag}}"),
    f"{API}/articles/<article_id>": each("article", f"{API}/articles/{{id}}", f"{API}/articles/{{slug}}"),
    f"{API}/articles/<article_id>/discussion": each("article", f"{API}/articles/{{id}}/discussion"),
    f"{API}/articles/<article_id>/history": each("article", f"{API}/articles/{{id}}/history"),
    f"{API}/proposals": once(f"{API}/proposals", f"{API}/proposals?own=true")
    + each("article", f"{API}/proposals?article={{id}}"),
    f"{API}/proposals/<proposal_id>": each("proposal", f"{API}/proposals/{{id}}"),
    f"{API}/topics": once(f"{API}/topics", f"{API}/topics?sort=new")
    + each("topic", f"{API}/topics?tag={{tag}}"),
    f"{API}/topics/<topic_id>": each("topic", f"{API}/topics/{{id}}"),
    f"{API}/topics/<topic_id>/history": each("topic", f"{API}/topics/{{id}}/history"),
    f"{API}/topics/<topic_id>/posts": each("topic", f"{API}/topics/{{id}}/posts"),
    f"{API}/posts/<post_id>": each("post", f"{API}/posts/{{id}}"),
    f"{API}/posts/<post_id>/history": each("post", f"{API}/posts/{{id}}/history"),
    f"{API}/events": once(f"{API}/events", f"{API}/events?box=30,-10,40,10")
    + each("event", f"{API}/events?tag={{tag}}"),
    f"{API}/events/<event_id>": each("event", f"{API}/events/{{id}}"),
    f"{API}/events/<event_id>/history": each("event", f"{API}/events/{{id}}/history"),
    f"{API}/events/<event_id>/attendees": each("event", f"{API}/events/{{id}}/attendees"),
    f"{API}/events/<event_id>/waiting": each("event", f"{API}/events/{{id}}/waiting"),
    f"{API}/places": once(f"{API}/places?q=zq"),
    f"{API}/groups": once(f"{API}/groups", f"{API}/groups?archived=true"),
    f"{API}/groups/<slug>/invitations": each("group", f"{API}/groups/{{slug}}/invitations"),
    f"{API}/invitations": once(f"{API}/invitations"),
    f"{API}/groups/<slug>": each("group", f"{API}/groups/{{slug}}"),
    f"{API}/groups/<slug>/members": each(
        "group", f"{API}/groups/{{slug}}/members", f"{API}/groups/{{slug}}/members?state=requested"
    ),
    f"{API}/people": once(f"{API}/people?limit=100"),
    f"{API}/people/<name>": each("person", f"{API}/people/{{name}}"),
    f"{API}/me": once(f"{API}/me"),
    f"{API}/me/blocks": once(f"{API}/me/blocks"),
    f"{API}/me/mutes": once(f"{API}/me/mutes"),
    f"{API}/tokens": once(f"{API}/tokens"),
    f"{API}/notifications": once(f"{API}/notifications?limit=100"),
    f"{API}/notifications/mail": once(f"{API}/notifications/mail"),
    f"{API}/notifications/mail/preview": once(f"{API}/notifications/mail/preview"),
    f"{API}/push-devices": once(f"{API}/push-devices"),
    f"{API}/notifications/unread": once(f"{API}/notifications/unread"),
    f"{API}/follows": once(f"{API}/follows"),
    f"{API}/follows/<kind>/<path:id>": each(
        ("topic", "article", "event", "group"), f"{API}/follows/{{kind}}/{{id}}"
    ),
    f"{API}/search": once(
        f"{API}/search?q=zq", f"{API}/search?limit=100", f"{API}/search?q=Title&sort=newest"
    )
    + each(CONTENT, f"{API}/search?q={{word}}"),
    f"{API}/tags": once(f"{API}/tags?limit=100", f"{API}/tags?q=zq") + each(TAGGED, f"{API}/tags?q={{tag}}"),
    f"{API}/groups/<slug>/categories": each("group", f"{API}/groups/{{slug}}/categories"),
    f"{API}/categories": once(f"{API}/categories"),
    f"{API}/decisions": once(f"{API}/decisions"),
    f"{API}/held/<area_name>": once(f"{API}/held/talk", f"{API}/held/events"),
    f"{API}/held/<area_name>/<held_id>": each("held", f"{API}/held/talk/{{id}}"),
    f"{API}/deletions": once(
        *(f"{API}/deletions?kind={kind}" for kind in ("topic", "post", "article", "event"))
    ),
}
