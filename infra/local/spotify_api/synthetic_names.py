"""Names that read like music, made of our own words: no artist, title or label is taken from anywhere."""

from __future__ import annotations

import random
from typing import Final


def _words(text: str) -> tuple[str, ...]:
    """The words of a text; an underscore stands for a space within one."""
    return tuple(word.replace("_", " ") for word in text.split())


FIRST_NAMES: Final = _words(
    """
    Odalie Bram Sunniva Tavish Ilka Perrin Maelle Corvin Thessaly Joaquin Wenna Aurelio Sigrun Dashiell
    Noor Yevka Lindiwe Caspian Briar Itzel Ansgar Ottoline Rune Zephyrine Halvard Mireya Tobiah
    Esperanza Kestrel Amadou Freydis Lucasta Ingmar Saoirse Benedek Paloma Quillon Marzena Teodor Nerys
    """
)
LAST_NAMES: Final = _words(
    """
    Vantongeren Marrowgate Halloway-Dunn Oyelarankin Fenwhistle Castellorno Brindlemoor Ashgrovian
    Tidewater Kowalczenko Lanternfield Quillfeather Santovare Winterbourne-Sol Emberlyn Dovetailer
    Harrowmont Mossgarden Pellegrandi Starkweatherby Larkspurrow Vossenkamp Thistlewick Okonjuwa
    Ravensdottir Delacroisette
    """
)
ADJECTIVES: Final = _words(
    """
    Velvet Paper Tin Copper Midwinter Slow Borrowed Salted Electric Hollow Amber Northern Painted Quiet
    Feral Gilded Restless Lunar Threadbare Crooked Unlit Tidal Marbled Secondhand Wayward Honeyed Static
    Drowsy Cobalt Runaway
    """
)
BAND_NOUNS: Final = _words(
    """
    Ferrymen Almanacs Lanterns Cartographers Orchards Pylons Understudies Beekeepers Semaphores
    Tramlines Weathervanes Archivists Satellites Lighthouses Marmalades Cormorants Pendulums Locksmiths
    Estuaries Turnstiles Sextants Haystacks Ombudsmen Thermals Gondolas Metronomes
    """
)
PLACES: Final = _words(
    """
    Harrow Lisbeth Calder_Vale Ostrava_Bay Marrow_Street Saint_Odile Fennmoor Kettle_Point Ninth_Pier
    Montrevel Tamber_Island Copperhill Lowmarket Wick_Junction Ardenvale Sollerön Petit_Champ
    Quarry_Lane
    """
)
SONG_NOUNS: Final = _words(
    """
    Lanterns Rivers Telegrams Rooftops Satellites Orchards Hourglass Embers Postcards Static Harbours
    Fireflies Windows Suitcase Gravity Porchlight Undertow Confetti Daybreak Footprints Marigolds
    Turnstile Northlight Saltwater Arcade Paperweight Tambourine Halogen Ferris_Wheel Afterglow
    """
)
SONG_VERBS: Final = _words(
    """
    Follow Borrow Unlearn Carry Outrun Whisper Remember Untangle Leave Repaint Forgive Chase
    """
)
TIMES: Final = _words("at_Dawn After_Midnight in_November by_Noon on_Sundays Until_Winter Before_Supper")
GENRES: Final = (
    "harbour folk",
    "slow disco",
    "tin pan house",
    "midnight soul",
    "estuary rock",
    "paper pop",
    "lantern jazz",
    "cobalt techno",
    "orchard country",
    "tidal ambient",
    "brass hop",
    "feral punk",
)
LABELS: Final = (
    "Marrowgate Recordings",
    "Ninth Pier Music",
    "Tin Almanac",
    "Slow Ferry Records",
    "Unlit Rooms",
    "Copperhill Sound Co.",
)
# Names that break importers, by the number of the artist or track that has them.
UNUSUAL_ARTIST_NAMES: Final = {
    3: "NA",  # the text: CSV readers take it for a missing value
    4: 'Tavish "Two-Tin" Harrowmont, Jr.',
    5: "Zephyrine 🌊",
    6: "Señor Ñandú & Ærø Øresund",
    7: "=SUM(Lanterns)",
}
UNUSUAL_TRACK_NAMES: Final = {
    30: "NA",
    31: "null",
    32: 'Follow the "Velvet" Lanterns, Part 1, Part 2',
    33: "Whisper\nthe Drowsy Halogen",
    34: "Cobalt\u00a0Undertow\u00a0at\u00a0Dawn",
    35: "Porchlight 🕯️🌙",
    36: "灯台の夜 (Lighthouse Night)",
    37: "Carry the Slow Suitcase " + "and Carry It Again " * 7 + "Home",  # 161 characters
    38: "  Leading and Trailing  ",
    39: "Repaint\tthe\\Tin\tRooftops; DROP the Arcade",
}
RENAMED_TRACKS: Final = range(20, 27)  # seven, one for each day of the week: every day one of them changes


def artist_name(rng: random.Random) -> str:
    """A person's, a band's or a duo's name."""
    style = rng.randrange(4)
    if style == 0:
        return f"{rng.choice(FIRST_NAMES)} {rng.choice(LAST_NAMES)}"
    if style == 1:
        return f"The {rng.choice(ADJECTIVES)} {rng.choice(BAND_NOUNS)}"
    if style == 2:  # noqa: PLR2004 - the styles are counted, not measured
        return f"{rng.choice(FIRST_NAMES)} & the {rng.choice(BAND_NOUNS)}"
    return f"{rng.choice(ADJECTIVES)} {rng.choice(PLACES)} {rng.choice(BAND_NOUNS)}"


def track_name(rng: random.Random) -> str:
    """A song title of three words or more."""
    adjective, noun, verb = rng.choice(ADJECTIVES), rng.choice(SONG_NOUNS), rng.choice(SONG_VERBS)
    return rng.choice(
        (
            f"{verb} the {adjective} {noun}",
            f"{adjective} {noun} {rng.choice(TIMES)}",
            f"{noun} Over {rng.choice(PLACES)}",
            f"{verb} Me, {rng.choice(FIRST_NAMES)}",
            f"{noun}, {rng.choice(SONG_NOUNS)} {rng.choice(TIMES)}",
        )
    )


def album_name(rng: random.Random) -> str:
    """An album title."""
    adjective, noun = rng.choice(ADJECTIVES), rng.choice(SONG_NOUNS)
    return rng.choice(
        (
            f"{noun} for {rng.choice(FIRST_NAMES)}",
            f"The {adjective} {noun} Sessions",
            f"{adjective} {noun}, Volume {rng.randint(2, 9)}",
            f"Live at {rng.choice(PLACES)} {rng.choice(('Hall', 'Pier', 'Social Club'))}",
        )
    )
