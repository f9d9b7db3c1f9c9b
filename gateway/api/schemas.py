"""Models of requests and responses that the contracts don't have: query parameters and small bodies.

Where a query's parameter and the contract's field differ in name, the parameter declares the field as its
`serialization_alias`: `gateway.api.common.contract_query` and the faults in a response use it.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AwareDatetime, Field, StringConstraints

from contracts.article_texts import Remark, Summary
from contracts.blog import ArticleStatus
from contracts.common import (
    CLEAN_LINE,
    CLEAN_TEXT,
    MARKDOWN,
    Body,
    Command,
    Cursor,
    Kind,
    PageSize,
    Title,
    View,
)
from contracts.events import Attending, Format
from contracts.mail import FollowMail
from contracts.notify import Level, NotificationView
from contracts.people import MemberState
from contracts.proposals import ProposalStatus
from contracts.search import Sort

Word = Annotated[str, StringConstraints(max_length=200)]
Occurrence = Annotated[str, StringConstraints(pattern=r"^\d{8}T\d{4}$")]

Author = Annotated[Word | None, Field(serialization_alias="author_id")]
Group = Annotated[Word | None, Field(serialization_alias="audience")]
Lang = Annotated[Word | None, Field(serialization_alias="language")]


RevisionNumber = Annotated[int, Field(ge=1, le=1_000_000_000)]
"""The number of a revision, in a path."""


class ListQuery(Command):
    """A page of a list. `cursor` is the `next` of the previous page."""

    cursor: Annotated[Cursor | None, Field(serialization_alias="after")] = None
    limit: PageSize = 20


class GroupListQuery(ListQuery):
    """A page of groups: those that are `archived`, or the others."""

    archived: bool = False


class AnswerBody(Command):
    """The answer to an invitation."""

    accepted: bool


class HandOverBody(Command):
    """The name of the member who becomes moderator in one's place."""

    name: Word


class DeletionQuery(ListQuery):
    """A page of the log of deletions, of one `kind` of item."""

    kind: Literal["topic", "post", "article", "event"]


class LanguageQuery(Command):
    """`lang`: the preferred language version; by default the one that the reader reads best."""

    lang: Lang = None


class TextHistoryQuery(ListQuery):
    """A page of a history; `lang` as in `LanguageQuery`."""

    lang: Lang = None


class TopicListQuery(ListQuery):
    """`author` is a name, `group` a slug; `lang` selects topics with a version in that language."""

    category: Word | None = None
    tag: Word | None = None
    lang: Lang = None
    author: Author = None
    group: Group = None
    sort: Literal["latest", "new"] = "latest"


class ArticleListQuery(ListQuery):
    """`author` is a name, `group` a slug; members may ask for drafts and the review queue by `status`."""

    status: ArticleStatus = "published"
    category: Word | None = None
    tag: Word | None = None
    lang: Lang = None
    author: Author = None
    group: Group = None


class ProposalListQuery(ListQuery):
    """`article` is an article's id; with `own` only what you proposed yourself."""

    article: Annotated[Word | None, Field(serialization_alias="article_id")] = None
    status: ProposalStatus = "open"
    own: bool = False


class EventListQuery(ListQuery):
    """Dates between `after` (default: now) and `before` (default: in 12 months).

    `box` is west,south,east,north in degrees; `once=true` gives only the next date of each event.
    """

    after: Annotated[AwareDatetime | None, Field(serialization_alias="from_time")] = None
    before: Annotated[AwareDatetime | None, Field(serialization_alias="to_time")] = None
    tag: Word | None = None
    spoken: Word | None = None
    country: Word | None = None
    format: Format | None = None
    author: Author = None
    group: Group = None
    attending: Annotated[Word | None, Field(serialization_alias="attending_id")] = None
    box: Annotated[list[float], Field(min_length=4, max_length=4)] | None = None
    once: bool = False


class DateQuery(LanguageQuery):
    """`occurrence`: the date of a recurring event, by its local start `YYYYMMDDTHHMM`; by default the next one."""

    occurrence: Occurrence | None = None


class AttendeeQuery(ListQuery):
    """`occurrence` as for the event."""

    occurrence: Occurrence | None = None


class SearchParameters(ListQuery):
    """The query and filters. `kind`, `lang` and `tag` take several values; `author` is a name, `group` a slug.

    `near` is a city's name or `latitude,longitude`, `within` how far from it (`50km`, `30mi`): for events."""

    q: Annotated[str, StringConstraints(max_length=300)] = ""
    kind: list[Kind] = Field([], serialization_alias="kinds")
    lang: list[Word] = Field([], serialization_alias="languages")
    tag: list[Word] = Field([], serialization_alias="tags")
    category: Word | None = None
    author: Author = None
    group: Group = None
    after: Annotated[AwareDatetime | None, Field(serialization_alias="after_time")] = None
    before: Annotated[AwareDatetime | None, Field(serialization_alias="before_time")] = None
    near: Annotated[str | None, Field(max_length=100)] = None
    within: Annotated[str | None, Field(max_length=20)] = None
    sort: Sort = "relevance"
    once: bool = False


class BeginningQuery(Command):
    """`q`: the first letters."""

    q: Word = ""
    limit: PageSize = 20


class PlaceQuery(Command):
    """`q`: a city's name or the beginning of it, in any script."""

    q: Annotated[str, StringConstraints(min_length=1, max_length=100)]
    limit: Annotated[int, Field(ge=1, le=20)] = 10


class PeopleQuery(ListQuery):
    """`ids` or `names`: only the cards of these people, as far as they exist."""

    ids: Annotated[list[Word], Field(max_length=100)] = Field([])
    names: Annotated[list[Word], Field(max_length=100)] = Field([])


class MemberQuery(ListQuery):
    """`state=requested` is for the group's moderators."""

    state: MemberState | None = None


class NotificationQuery(ListQuery):
    """`unread=true` selects unread notifications."""

    unread: bool = False


class RemarkBody(Command):
    """The board's remark to the author."""

    remark: Remark


class PublishBody(Command):
    """Which text was read: the `article_revision` of the article."""

    revision: int | None = None


class ScheduleBody(PublishBody):
    """The same, and when to publish."""

    at: AwareDatetime


class ArticleVersionBody(Command):
    """A translation. `based_on` is the revision of the original that it was made from."""

    title: Title
    summary: Summary = ""
    body: Body
    based_on: int | None = None


class VersionBody(Command):
    """A translation of title and text."""

    title: Title
    body: Body


class AttendanceBody(Command):
    """Attendance of a date, by default the next one."""

    attending: Attending = "going"
    occurrence: Occurrence | None = None


class OccurrenceQuery(Command):
    """The date of a recurring event; by default the next one."""

    occurrence: Occurrence | None = None


class GroupTextBody(Command):
    """A group's name and description."""

    name: Annotated[str, StringConstraints(min_length=2, max_length=100), CLEAN_LINE]
    about: Annotated[str, StringConstraints(strip_whitespace=True, max_length=4000), CLEAN_TEXT, MARKDOWN] = (
        ""
    )


class MemberBody(Command):
    """The state to set: `member` accepts a request or invites, `moderator` promotes."""

    state: Literal["member", "moderator"] = "member"


class FollowBody(Command):
    """The notification level, and when what comes for it goes out by mail: `default` is as the settings say. Left out,
    `mail` stays as it is."""

    level: Level = "normal"
    mail: FollowMail | None = None


class ReadBody(Command):
    """The notifications to mark as read; without `ids` all of them."""

    ids: Annotated[list[Word], Field(max_length=1000)] | None = None


class Notification(NotificationView):
    """A notification with the reasons in words: `You follow poland`."""

    because: list[str]


class Unread(View):
    """The number of unread notifications."""

    unread: int


class Category(View):
    """A category of the blog (`news`) or of the forum (`talk`). `closed`: nothing new comes into it. `follow` is its id
    for following it."""

    section: Literal["news", "talk"]
    slug: str
    name: str
    about: str
    language: str
    official: bool = False
    closed: bool = False
    follow: str
