"""R10.6: what the core says in English, in the page's language."""

from __future__ import annotations

from enum import StrEnum

import pytest

from freeseat.application.queues.ports import OfferEnd, Outcome
from freeseat.domain.accounts import SignInReason
from freeseat.domain.call_wishes import WishKind, WishState
from freeseat.domain.desk_login import EndReason, Method
from freeseat.domain.errors import Clash, InUse, InvalidValue, NotFound
from freeseat.domain.permissions import Role
from freeseat.domain.reasons import Reason
from freeseat.edge.web.faults import SENTENCES, read
from freeseat.edge.web.rendering import decimal_in
from freeseat.edge.web.stable_words import in_words
from freeseat.edge.web.texts import CATALOGUES, said_in

german = said_in("de")


def translated(text: str) -> bool:
    return CATALOGUES["de"].gettext(text) != text


@pytest.mark.parametrize("reason", Reason)
def test_a_refusal_is_told_in_the_page_s_language(reason: Reason) -> None:
    assert german(reason.text) != reason.text


WORDS: tuple[type[StrEnum], ...] = (
    EndReason,
    Method,
    Outcome,
    OfferEnd,
    Reason,
    SignInReason,
    Role,
    WishKind,
    WishState,
)


@pytest.mark.parametrize("word", [each for words in WORDS for each in words])
def test_a_stable_word_is_told_in_words(word: StrEnum) -> None:
    text = in_words(word.value)
    assert "_" not in text
    # some are the same word in both languages
    assert german(text) != text or text in ("API", "hoteling", "agent")


def test_a_word_that_nobody_knows_stays_with_blanks() -> None:
    assert in_words("coffee_break") == "coffee break"


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (NotFound("user", "2019"), "nicht gefunden: Person 2019"),
        (InUse("user", "2019", "inbound number 493055"), "Person 2019 wird benutzt von: eingehende Rufnummer 493055"),
        (
            Clash("number", "2019", "user 2019", "phone 2019"),
            "Nummer: '2019' ist gewünscht für Person 2019, aber vergeben an Telefon 2019",
        ),
        (
            InvalidValue("number", "x", "use 1 to 15 digits"),
            "Nummer: 'x' ist nicht erlaubt; 1 bis 15 Ziffern angeben",
        ),
    ],
)
def test_an_error_is_told_with_its_values(error: Exception, told: str) -> None:
    assert german(str(error)) == told


def test_a_fault_at_a_field_stays_a_sentence() -> None:
    assert german("Use 5 to 180 seconds.") == "5 bis 180 Sekunden angeben."
    assert german("Phone 3001 returns to this user; change that first.") == (
        "Telefon 3001 geht an diese Person zurück; ändern Sie das zuerst."
    )


def test_in_english_everything_stays() -> None:
    assert said_in("en")("Use 5 to 180 seconds.") == "Use 5 to 180 seconds."


def test_names_stay_as_they_are() -> None:
    assert german("Bill {0} %s") == "Bill {0} %s"
    assert german("there is no user {who}") == "nicht gefunden: Person {who}"


@pytest.mark.parametrize("text", SENTENCES)
def test_each_sentence_is_found_by_itself(text: str) -> None:
    found = read(text)
    assert found is not None
    assert found[0] == text, "one above it takes its sentences"


@pytest.mark.parametrize(("language", "written"), [("en", "1234.5 0.05 66"), ("de", "1234,5 0,05 66")])
def test_numbers_have_the_decimal_sign_of_the_language(language: str, written: str) -> None:
    decimal = decimal_in(language)
    assert " ".join((decimal(1234.5), decimal(0.05, "0.##"), decimal(66.0, "0.#"))) == written
