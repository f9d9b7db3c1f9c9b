from flask.testing import FlaskClient


def test_home_answers_in_the_readers_language_and_direction(stranger: FlaskClient) -> None:
    answer = stranger.get("/", headers={"Accept-Language": "ar-EG,ar;q=0.9,en;q=0.5"})
    assert answer.status_code == 200
    assert '<html lang="ar" dir="rtl"' in answer.text
    assert "codex-rtl.css" in answer.text
