"""The catalogue of prompts: every key a menu can say, with its text per language."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

ENGLISH, GERMAN = "en", "de"
LANGUAGES = (ENGLISH, GERMAN)

_DIGITS: dict[str, tuple[str, str]] = {
    "digit_0": ("zero", "null"),
    "digit_1": ("one", "eins"),
    "digit_2": ("two", "zwei"),
    "digit_3": ("three", "drei"),
    "digit_4": ("four", "vier"),
    "digit_5": ("five", "fünf"),
    "digit_6": ("six", "sechs"),
    "digit_7": ("seven", "sieben"),
    "digit_8": ("eight", "acht"),
    "digit_9": ("nine", "neun"),
    "digit_star": ("star", "Stern"),
    "digit_hash": ("pound", "Raute"),
    "digit_plus": ("plus", "plus"),
}

_QUESTIONS: dict[str, tuple[str, str]] = {
    "enter_extension": (
        "Please enter your extension, followed by the pound key.",
        "Bitte geben Sie Ihre Nebenstelle ein und drücken Sie die Rautetaste.",
    ),
    "enter_pin": (
        "Please enter your PIN, followed by the pound key.",
        "Bitte geben Sie Ihre Pin ein und drücken Sie die Rautetaste.",
    ),
    "enter_old_pin": (
        "Please enter your current PIN, followed by the pound key.",
        "Bitte geben Sie Ihre bisherige Pin ein und drücken Sie die Rautetaste.",
    ),
    "enter_new_pin": (
        "Please enter your new PIN, followed by the pound key.",
        "Bitte geben Sie Ihre neue Pin ein und drücken Sie die Rautetaste.",
    ),
    "enter_new_pin_again": (
        "Please enter your new PIN again, followed by the pound key.",
        "Bitte geben Sie Ihre neue Pin noch einmal ein und drücken Sie die Rautetaste.",
    ),
    "press_2_to_take_ownership": (
        "Press two to take ownership of this phone.",
        "Drücken Sie die Zwei, um dieses Telefon zu übernehmen.",
    ),
    "enter_outside_number": (
        "To be reached at the number you are calling from, press one. To be reached at another number, enter it. "
        "To log out, press zero. Then press the pound key.",
        "Um unter der Nummer erreichbar zu sein, von der Sie anrufen, drücken Sie die Eins. Für eine andere Nummer "
        "geben Sie diese ein. Um sich abzumelden, drücken Sie die Null. Drücken Sie dann die Rautetaste.",
    ),
    "nothing_entered": ("Nothing was entered.", "Es wurde nichts eingegeben."),
    "invalid_choice": ("That is not a valid choice.", "Diese Auswahl gibt es nicht."),
    "pins_differ": ("The two PINs are different.", "Die beiden Pins sind verschieden."),
}

_RESULTS: dict[str, tuple[str, str]] = {
    "extension": ("Extension", "Nebenstelle"),
    "now_owns_this_phone": ("now owns this phone.", "ist jetzt an diesem Telefon angemeldet."),
    "logged_out": ("is logged out.", "ist abgemeldet."),
    "logged_out_after_call": (
        "will be logged out when the current call ends.",
        "wird nach dem laufenden Gespräch abgemeldet.",
    ),
    "is_at_phone": ("is at phone", "ist am Telefon"),
    "is_at_outside_number": ("is reached at the outside number", "ist erreichbar unter der auswärtigen Nummer"),
    "is_at_own_phone": ("is logged in with a phone of their own.", "ist mit einem eigenen Telefon angemeldet."),
    "is_not_logged_in": ("is not logged in.", "ist nicht angemeldet."),
    "pin_changed": ("Your PIN has been changed.", "Ihre Pin wurde geändert."),
    "goodbye": ("Goodbye.", "Auf Wiederhören."),
}

_QUEUES: dict[str, tuple[str, str]] = {
    "queue": ("Queue", "Warteschlange"),
    "all_your_queues": ("All your queues:", "Alle Ihre Warteschlangen:"),
    "queue_logged_in": ("logged in.", "angemeldet."),
    "queue_logged_out": ("logged out.", "abgemeldet."),
    "you_are_number": ("You are number", "Sie sind Nummer"),
    "in_the_queue": ("in the queue.", "in der Warteschlange."),
    "you_are_next": ("You are next in the queue.", "Sie sind als Nächster an der Reihe."),
    "wait_is_less_than_a_minute": (
        "The expected wait is less than one minute.",
        "Die voraussichtliche Wartezeit beträgt weniger als eine Minute.",
    ),
    "wait_is_about": ("The expected wait is about", "Die voraussichtliche Wartezeit beträgt etwa"),
    "wait_is_more_than": ("The expected wait is more than", "Die voraussichtliche Wartezeit beträgt mehr als"),
    "minutes": ("minutes.", "Minuten."),
} | {f"number_{number}": (str(number), str(number)) for number in (*range(2, 21), 30, 40, 50, 60)}

MUSIC = "music_on_hold"
"""Key of the music for waiting callers; a queue's own is `music_<queue number>`."""

_REFUSALS: dict[str, tuple[str, str]] = {
    "not_possible": ("This is not possible.", "Das ist nicht möglich."),
    "refused_wrong_credentials": (
        "The extension or the PIN is wrong.",
        "Die Nebenstelle oder die Pin ist falsch.",
    ),
    "refused_locked": (
        "There were too many attempts. Please try again later.",
        "Es gab zu viele Versuche. Bitte versuchen Sie es später noch einmal.",
    ),
    "refused_no_password": ("A PIN is needed.", "Eine Pin ist nötig."),
    "refused_untrusted_network": (
        "This is not allowed from this network.",
        "Das ist aus diesem Netz nicht erlaubt.",
    ),
    "refused_no_hot_desk_access": (
        "You have no hot desk access.",
        "Sie haben keinen Zugang zu gemeinsamen Telefonen.",
    ),
    "refused_user_disabled": ("Your extension is disabled.", "Ihre Nebenstelle ist gesperrt."),
    "refused_user_assigned": (
        "You have a phone of your own and cannot log in at a shared phone.",
        "Sie haben ein eigenes Telefon und können sich nicht an gemeinsamen Telefonen anmelden.",
    ),
    "refused_pin_expired": (
        "Your PIN has expired and must be changed.",
        "Ihre Pin ist abgelaufen und muss geändert werden.",
    ),
    "refused_phone_unknown": ("This phone is not known.", "Dieses Telefon ist nicht bekannt."),
    "refused_phone_disabled": ("This phone is disabled.", "Dieses Telefon ist gesperrt."),
    "refused_phone_assigned": (
        "This phone belongs to somebody and is not shared.",
        "Dieses Telefon ist einer Person zugeordnet.",
    ),
    "refused_phone_refuses": (
        "This phone does not accept logins.",
        "Dieses Telefon nimmt keine Anmeldungen an.",
    ),
    "refused_elsewhere": (
        "You are logged in at another phone. Please log out there first.",
        "Sie sind an einem anderen Telefon angemeldet. Bitte melden Sie sich dort zuerst ab.",
    ),
    "refused_registration_ended": (
        "This login has ended. Please log in again.",
        "Diese Anmeldung ist beendet. Bitte melden Sie sich neu an.",
    ),
    "refused_not_logged_in": ("Nobody is logged in there.", "Dort ist niemand angemeldet."),
    "refused_remote_logout_not_enabled": (
        "You are not allowed to log out others.",
        "Sie dürfen andere nicht abmelden.",
    ),
    "refused_remote_logout_not_accepted": (
        "This extension cannot be logged out by others.",
        "Diese Nebenstelle darf nicht von anderen abgemeldet werden.",
    ),
    "refused_not_permitted": ("You are not permitted to do this.", "Das ist Ihnen nicht erlaubt."),
    "refused_not_a_member": (
        "You are not a member of this queue.",
        "Sie sind kein Mitglied dieser Warteschlange.",
    ),
    "refused_outside_number": (
        "Calls cannot be sent to this number.",
        "An diese Nummer können keine Anrufe gesendet werden.",
    ),
    "refused_weak_pin": (
        "This PIN is not allowed. Please choose another one.",
        "Diese Pin ist nicht erlaubt. Bitte wählen Sie eine andere.",
    ),
    "refused_unavailable": (
        "The system cannot do this now. Please try again later.",
        "Das ist im Moment nicht möglich. Bitte versuchen Sie es später noch einmal.",
    ),
}

_ANNOUNCEMENTS: dict[str, tuple[str, str]] = {
    "user_logged_out": (
        "The person you are calling is not logged in at the moment.",
        "Die gewünschte Person ist zurzeit nicht angemeldet.",
    ),
    "busy": ("The person you are calling is busy.", "Die gewünschte Person spricht gerade."),
    "no_answer": ("The person you are calling does not answer.", "Die gewünschte Person meldet sich nicht."),
    "unreachable": (
        "The person you are calling cannot be reached.",
        "Die gewünschte Person ist nicht erreichbar.",
    ),
    "unknown_number": (
        "The number you have dialled does not exist.",
        "Die gewählte Rufnummer ist nicht vergeben.",
    ),
    "not_permitted": (
        "You are not permitted to call this number.",
        "Sie dürfen diese Rufnummer nicht anrufen.",
    ),
    "emergency_not_configured": (
        "Emergency calls are not set up here. Please use another telephone.",
        "Notrufe sind hier nicht eingerichtet. Bitte benutzen Sie ein anderes Telefon.",
    ),
    "unavailable": (
        "The system cannot do this now. Please try again later.",
        "Das ist im Moment nicht möglich. Bitte versuchen Sie es später noch einmal.",
    ),
    "queue_overflow": (
        "All our lines are busy at the moment. Please call again later.",
        "Zurzeit sind alle Plätze belegt. Bitte rufen Sie später noch einmal an.",
    ),
    "queue_closed": (
        "Nobody is here to take your call at the moment. Please call again later.",
        "Zurzeit ist niemand für Sie da. Bitte rufen Sie später noch einmal an.",
    ),
}

ANNOUNCEMENTS = frozenset(_ANNOUNCEMENTS)
"""Prompts that an intercept may name (`announce:<prompt>` in the number table)."""

_ALL = _DIGITS | _QUESTIONS | _RESULTS | _QUEUES | _REFUSALS | _ANNOUNCEMENTS

TEXTS: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        language: MappingProxyType({key: texts[column] for key, texts in _ALL.items()})
        for column, language in enumerate(LANGUAGES)
    }
)
"""Text of every prompt, by language and key."""

_SPECIAL = {"*": "digit_star", "#": "digit_hash", "+": "digit_plus"}


def digit_keys(number: str) -> tuple[str, ...]:
    """The keys of the prompts that speak a number digit by digit; what is no digit is left out."""
    keys = (_SPECIAL.get(char, f"digit_{char}") for char in number)
    return tuple(key for key in keys if key in _DIGITS)
