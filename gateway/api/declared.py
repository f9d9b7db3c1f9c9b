"""Every endpoint of the API, in the order in which the documentation has them."""

from __future__ import annotations

from gateway.api import calendar, community, finding, news, talk

AREAS = (community.area, news.area, talk.area, calendar.area, finding.area)

ENDPOINTS = tuple(endpoint for area in AREAS for endpoint in area.endpoints)
