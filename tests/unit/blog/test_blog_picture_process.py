"""Pictures are decoded apart, within limits of memory and time, and one at a time of each person."""

import base64
import io
import threading

import pytest
from PIL import Image

from contracts.errors import Unavailable
from services.blog import picture_decoder
from services.blog.picture_decoder import PictureRefused, Prepared
from services.blog.pictures import PictureProcess
from tests.unit.blog.harness import picture_file


@pytest.mark.slow
def test_a_picture_is_decoded_in_a_process_of_its_own() -> None:
    content = base64.b64decode(picture_file((700, 500)))
    assert PictureProcess(cpu_seconds=120, seconds=600).decode(content, "a") == picture_decoder.decode(
        content
    )
    with pytest.raises(PictureRefused, match="picture-type"):
        PictureProcess(cpu_seconds=120, seconds=600).decode(b"nothing", "a")


@pytest.mark.slow
def test_a_picture_that_takes_too_much_memory_is_refused() -> None:
    target = io.BytesIO()
    Image.new("RGB", (6300, 6300)).save(target, "PNG")
    with pytest.raises(PictureRefused, match="picture-size"):
        PictureProcess(memory=200_000_000, cpu_seconds=120, seconds=600).decode(target.getvalue(), "a")


@pytest.mark.slow
def test_a_picture_that_takes_too_much_of_the_processor_is_refused() -> None:
    target = io.BytesIO()
    Image.effect_noise((4000, 4000), 200).convert("RGB").save(target, "PNG", compress_level=1)
    with pytest.raises(PictureRefused, match="picture-size"):
        PictureProcess(cpu_seconds=1, seconds=600).decode(target.getvalue(), "a")


def test_a_picture_for_which_the_machine_has_no_time_may_be_sent_again() -> None:
    with pytest.raises(Unavailable, match="pictures-busy"):
        PictureProcess(seconds=0).decode(base64.b64decode(picture_file()), "a")


def test_pictures_wait_for_each_other_and_not_for_ever() -> None:
    with pytest.raises(Unavailable, match="pictures-busy") as refused:
        PictureProcess(most_at_once=0, wait=0).decode(b"", "a")
    assert refused.value.params == {"seconds": 1}


class Held(PictureProcess):
    """Decodes nothing: holds whoever sends `b"hold"` until `go_on` is set."""

    def __init__(self) -> None:
        super().__init__()
        self.go_on = threading.Event()
        self.started: list[bytes] = []
        self.one_began = threading.Event()

    def _run(self, content: bytes) -> Prepared:
        self.started.append(content)
        self.one_began.set()
        if content == b"hold":
            assert self.go_on.wait(60)
        return Prepared(1, 1, "image/webp", {})


def test_the_many_uploads_of_one_member_leave_a_place_for_others() -> None:
    pictures = Held()
    busy: list[str] = []

    def upload() -> None:
        try:
            pictures.decode(b"hold", "a member")
        except Unavailable as refused:
            busy.append(refused.code)

    threads = [threading.Thread(target=upload) for _ in range(12)]
    for thread in threads:
        thread.start()
    assert pictures.one_began.wait(60)
    for other in range(3):
        pictures.decode(b"one", f"other {other}")
    assert pictures.started == [b"hold", b"one", b"one", b"one"]
    pictures.go_on.set()
    for thread in threads:
        thread.join()
    assert set(busy) == {"pictures-busy"}, "some had to wait for too many of their own"
    pictures.decode(b"one", "a member")
