"""/events: forms for new events, changes and translations."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import Any

from flask import Blueprint, make_response, render_template, request
from werkzeug.wrappers import Response as AnyResponse

from contracts.errors import Fault, Forbidden, Invalid, SignInNeeded
from contracts.events import ChangeEvent, CreateEvent, EventView, FoundPlace, PlaceInput, SetEventVersion
from contracts.held import HeldView
from core.audience import PUBLIC
from core.languages import is_language
from gateway.concurrency import run_concurrently
from gateway.deletion import check_present
from gateway.events import recurrence
from gateway.events.places import chosen_in, label_of, place_label, place_value
from gateway.form_options import audience_options, own_groups
from gateway.forms import Form, build, shown_again
from gateway.i18n import messages
from gateway.notices import redirect_with
from gateway.paths import event_path
from gateway.request_context import all_timezones, request_context, services, viewer
from gateway.review import saving
from gateway.text_versions import original, translation_form

blueprint = Blueprint("event_writing", __name__)

DURATIONS = (30, 45, 60, 90, 120, 180, 240, 360, 480, 1440, 2880, 4320, 7200, 10080)
# Languages that many events are held in, offered first; others are in a list below.
_SPOKEN = (
    "ar",
    "de",
    "en",
    "es",
    "fr",
    "he",
    "hi",
    "id",
    "it",
    "ja",
    "pl",
    "pt",
    "ru",
    "sw",
    "tr",
    "uk",
    "zh",
)
# Stands for an invalid start, so that all other fields are checked as well.
_PLACEHOLDER_START = datetime.fromisoformat("2000-01-01T00:00")
_FIELDS = {"start": "date", "country": "place", "latitude": "place", "longitude": "place", "name": "place"}


@blueprint.get("/events/new")
def new() -> str:
    if not viewer().signed_in:
        raise SignInNeeded
    context = request_context()
    form = Form.filled(
        language=context.reading_language, minutes=120, recurrence="none",
        timezone=context.timezone if context.timezone_known else "",
        audience=request.args.get("audience", PUBLIC), date=request.args.get("date"), tags=request.args.get("tags"),
        spoken=[context.reading_language],
    )  # fmt: skip
    return _form("events/new.html", form)


@blueprint.post("/events/new")
def create() -> AnyResponse:
    form = Form(request.form)
    if (again := _choose_place("events/new.html", form)) is not None:
        return again
    with shown_again(form, lambda _: _form("events/new.html", form), names=_FIELDS, passing=(401,)):
        fields = _fields(form)
        command = build(
            CreateEvent, language=form.get("language"), audience=form.get("audience") or PUBLIC, **fields
        )
        if not form.valid:
            return make_response(_form("events/new.html", form), 422)
        event = saving.new_event(viewer(), command)
    if isinstance(event, HeldView):
        return saving.redirect_to_held("events", event)
    return redirect_with(event_path(event.id, event.slug), "space-events-created")


@blueprint.get("/events/<event_id>/<slug>/edit")
def edit(event_id: str, slug: str) -> str:
    event = _editable(event_id)
    choice, until = recurrence.choice_of(event.recurrence, event.local_start)
    text = original(event)
    form = Form.filled(
        title=text.title, body=text.body, revision=event.revision, timezone=event.timezone,
        date=f"{event.local_start:%Y-%m-%d}", time=f"{event.local_start:%H:%M}", minutes=event.minutes,
        recurrence=choice, until=until, online_url=event.online_url, spoken=event.spoken, tags=", ".join(event.tags),
        place=place_value(event.place) if event.place else None, status=event.status,
        place_query=event.place.name if event.place else None, place_asked=event.place.name if event.place else None,
        venue=event.place.venue if event.place else None, seats=event.seats,
    )  # fmt: skip
    return _form("events/edit.html", form, event=event)


@blueprint.post("/events/<event_id>/<slug>/edit")
def change(event_id: str, slug: str) -> AnyResponse:
    form, me = Form(request.form), viewer()
    event = _editable(event_id)
    if (again := _choose_place("events/edit.html", form, event=event)) is not None:
        return again
    with shown_again(
        form,
        lambda error: _form("events/edit.html", form, event=event, theirs=error.data.get("theirs")),
        names=_FIELDS,
        passing=(401, 403, 404),
    ):
        fields = _fields(form, event)
        command = build(
            ChangeEvent,
            revision=form.text("revision"),
            status=form.optional("status"),
            no_place=fields["place"] is None,
            no_seats=fields["seats"] is None,
            **{**fields, "online_url": fields["online_url"] or "", "recurrence": fields["recurrence"] or ""},
        )
        if not form.valid:
            return make_response(_form("events/edit.html", form, event=event, theirs=None), 422)
        changed = saving.changed_event(me, event_id, command)
    if isinstance(changed, HeldView):
        return saving.redirect_to_held("events", changed)
    return redirect_with(event_path(changed.id, changed.slug), "space-events-saved")


@blueprint.get("/events/<event_id>/<slug>/translate")
def translate(event_id: str, slug: str) -> str:
    me, events = viewer(), services().events
    if not me.signed_in:
        raise SignInNeeded
    wanted = request.args.get("lang") or request_context().reading_language
    (event,) = run_concurrently(lambda: events.event(me, event_id, None, None))
    check_present(event)
    return _translation(event, translation_form(event, wanted))


def _translation(event: EventView, form: Form) -> str:
    return render_template(
        "events/translate.html", original=original(event), form=form,
        original_html=event.html if event.language == event.original_language else None,
        path=event_path(event.id, event.slug), draft=f"event-version {event.id}",
    )  # fmt: skip


@blueprint.post("/events/<event_id>/<slug>/translate")
def set_version(event_id: str, slug: str) -> AnyResponse:
    form, me, events = Form(request.form), viewer(), services().events
    with shown_again(
        form, lambda _: _translation(events.event(me, event_id, None, None), form), passing=(401, 404)
    ):
        command = build(
            SetEventVersion, language=form.get("language"), title=form.text("title"), body=form.get("body")
        )
        event = saving.event_version(me, event_id, command)
    if isinstance(event, HeldView):
        return saving.redirect_to_held("events", event)
    return redirect_with(
        f"{event_path(event.id, event.slug)}?lang={command.language}", "space-events-translated"
    )


def _editable(event_id: str) -> EventView:
    me, events = viewer(), services().events
    (event,) = run_concurrently(lambda: events.event(me, event_id, None, None))
    if not event.may_edit:
        raise Forbidden("event-not-yours") if me.signed_in else SignInNeeded()
    return event


def _choose_place(template: str, form: Form, **more: Any) -> AnyResponse | None:
    """Show the form again with the places that match the typed name, if none is chosen yet."""
    query = form.text("place_query")
    asked = form.get("do") == "find"
    if not asked and (not query or (form.text("place") and query == form.text("place_asked"))):
        return None
    me, events = viewer(), services().events
    found: list[FoundPlace] = []
    if query:
        (found,) = run_concurrently(lambda: events.find_places(me, query[:100], 8))
    form.put("place_asked", query)
    form.put("place", place_value(found[0]) if found else "")
    if len(found) == 1 and not asked:
        return None
    if not found:
        form.refuse(Invalid(faults=[Fault(field="place_query", code="place-unknown")]))
    elif not asked:
        form.refuse(Invalid(faults=[Fault(field="place", code="place-choose")]))
    return make_response(_form(template, form, found=found, **more), 200 if asked and found else 422)


def _fields(form: Form, event: EventView | None = None) -> dict[str, Any]:
    """The fields that new and changed events share; errors of date and time are added to the form."""
    chosen = chosen_in(form) if form.text("place_query") else None
    place: PlaceInput | None = chosen.with_venue(form.text("venue")) if chosen else None
    try:
        start = _start(form)
        rule = _rule(form, start, event)
    except Invalid as error:
        form.refuse(error)
        start, rule = _PLACEHOLDER_START, ""
    return {
        "title": form.text("title"),
        "body": form.get("body"),
        "start": start,
        "minutes": form.text("minutes"),
        "timezone": form.text("timezone") or (chosen.timezone if chosen else ""),
        "place": place,
        "online_url": form.optional("online_url"),
        "recurrence": rule or None,
        "spoken": list(dict.fromkeys(form.all("spoken"))),
        "tags": form.words("tags"),
        "seats": form.optional("seats"),
    }


def _start(form: Form) -> datetime:
    """The local start. Raises `Invalid` for a date or time that is missing or wrong."""
    for field in ("date", "time"):
        if not form.text(field):
            raise Invalid(faults=[Fault(field=field, code="missing")])
    try:
        day = date.fromisoformat(form.text("date"))
    except ValueError:
        raise Invalid(faults=[Fault(field="date", code="date-wrong")]) from None
    try:
        return datetime.combine(day, time.fromisoformat(form.text("time")))
    except ValueError:
        raise Invalid(faults=[Fault(field="time", code="time-wrong")]) from None


def _rule(form: Form, first: datetime, event: EventView | None) -> str:
    choice = form.get("recurrence")
    if choice == recurrence.KEEP and event is not None:
        return event.recurrence or ""
    try:
        until = date.fromisoformat(form.text("until")) if form.text("until") else None
    except ValueError:
        raise Invalid(faults=[Fault(field="until", code="date-wrong")]) from None
    return recurrence.rule_of(choice, first, until)


def _form(template: str, form: Form, found: list[FoundPlace] | None = None, **more: Any) -> str:
    lang = request_context().frame_language
    (groups,) = run_concurrently(own_groups())
    near = [
        *form.all("spoken"),
        *request_context().viewer.languages,
        *messages.catalogue().languages(),
        *_SPOKEN,
    ]
    minutes = form.get("minutes")
    lengths = sorted(
        {
            *DURATIONS,
            *([int(minutes)] if minutes.isascii() and minutes.isdigit() and len(minutes) < 6 else []),
        }
    )
    try:
        chosen = chosen_in(form)
    except Invalid:
        chosen = None
    places = [(place_value(one), place_label(one, lang)) for one in found or ()]
    if not places and chosen:
        places = [(form.text("place"), label_of(chosen, lang))]
    return render_template(
        template,
        form=form, places=places, audiences=audience_options(groups), lengths=lengths,
        zones=sorted(all_timezones()), repeats=recurrence.CHOICES, keep=recurrence.KEEP,
        spoken=[code for code in dict.fromkeys(near) if is_language(code)], **more,
    )  # fmt: skip
