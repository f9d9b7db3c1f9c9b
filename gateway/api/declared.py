"""Every endpoint of the API, in the order in which the documentation has them."""

from __future__ import annotations

from gateway.blog.api import area as blog
from gateway.events.api import area as events
from gateway.forum.api import area as forum
from gateway.moderation.api import area as moderation
from gateway.notify.api import area as notify
from gateway.people.api import area as people
from gateway.people.group_categories_api import area as group_categories
from gateway.people.groups_api import area as groups
from gateway.people.own_api import area as own
from gateway.review.api import area as review
from gateway.search.api import area as search
from gateway.site.api import area as site

AREAS = (people, own, groups, group_categories, blog, forum, events, search, site, notify, moderation, review)

ENDPOINTS = tuple(endpoint for area in AREAS for endpoint in area.endpoints)
