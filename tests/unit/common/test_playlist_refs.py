"""References to a playlist."""

from __future__ import annotations

import pytest

from common.playlist_refs import InvalidPlaylistReference, playlist_id_of

ID = "4fOizN77ZMPG07E6Ul92Rm"


@pytest.mark.parametrize(
    "text",
    [
        ID,
        f"  {ID}\n",
        f"spotify:playlist:{ID}",
        f"spotify:user:some.one:playlist:{ID}",
        f"https://open.spotify.com/playlist/{ID}",
        f"http://open.spotify.com/playlist/{ID}/",
        f"open.spotify.com/playlist/{ID}",
        f"https://open.spotify.com/playlist/{ID}?si=abc&pt=def",
        f"https://open.spotify.com/intl-de/playlist/{ID}?si=abc",
        f"https://open.spotify.com/intl-pt-BR/playlist/{ID}",
        f"https://open.spotify.com/embed/playlist/{ID}",
        f"https://open.spotify.com/user/someone/playlist/{ID}",
        f"https://play.spotify.com/user/someone/playlist/{ID}",
        f"https://api.spotify.com/v1/playlists/{ID}",
    ],
)
def test_every_way_to_name_a_playlist_gives_its_id(text: str) -> None:
    assert playlist_id_of(text) == ID


@pytest.mark.parametrize(
    "text",
    [
        "",
        ID[:-1],
        ID + "x",
        "4fOizN77ZMPG07E6Ul92R-",
        f"https://evil.example/playlist/{ID}",
        f"https://open.spotify.com.evil.example/playlist/{ID}",
        f"https://open.spotify.com/playlist/{ID}/edit",
    ],
)
def test_anything_else_is_refused_with_the_valid_forms(text: str) -> None:
    with pytest.raises(InvalidPlaylistReference, match="22-character id"):
        playlist_id_of(text)


def test_a_link_to_something_else_is_refused_with_what_it_is() -> None:
    with pytest.raises(InvalidPlaylistReference, match="a Spotify album, not a playlist"):
        playlist_id_of(f"https://open.spotify.com/intl-fr/album/{ID}")
