"""What is secret is neither taken into a config nor told."""

from __future__ import annotations

import pytest

from components.contracts import InputError
from components.secrets import hidden, looked_up, masked, refuse_in, refuse_words, secret, told


@pytest.mark.parametrize(
    "name", ["secret", "key", "aws_access_key_id", "account_key", "sas_token", "connection_string", "password", "sig"]
)
def test_names_of_secrets(name: str) -> None:
    assert secret(name)


@pytest.mark.parametrize("name", ["kms_key", "SSEKMSKeyId", "endpoint_url", "keys", "signal", "monkey", "run_key", "asset"])
def test_names_of_other_things(name: str) -> None:
    assert not secret(name)


def test_a_store_anywhere_in_a_config_is_looked_at() -> None:
    store = {"_target_": "components.storage.s3.S3", "url": "s3://bucket/ward", "kms_key": "arn:aws:kms:key/1"}
    refuse_in({"storage": store, "labels": {"key": "x", "parts": [{"storage": store}]}})
    with pytest.raises(InputError, match=r"labels\.parts\.0\.storage\.options\.secret is a secret"):
        refuse_in({"storage": store, "labels": {"parts": [{"storage": {**store, "options": {"secret": "hush"}}}]}})


@pytest.mark.parametrize(
    "word",
    [
        "+storage.options.secret=hush-hush",
        "+storage.options={anon:false,secret:hush-hush}",
        "storage.url='s3://a:hush-hush@b'",
        "++storage.options.account_key=hush-hush",
    ],
)
def test_words_are_refused_before_anybody_reads_them(word: str) -> None:
    with pytest.raises(InputError) as caught:
        refuse_words(["x=1", word])
    assert "hush" not in str(caught.value)


def test_other_words_pass() -> None:
    refuse_words(
        ["storage=s3", "storage.url=s3://bucket/x", "storage.kms_key=abc", "+storage.options.anon=true", "tracker.key=5"]
    )


def test_texts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "hush-hush-1")
    monkeypatch.setenv("AZURE_STORAGE_CONNECTION_STRING", "AccountName=x;AccountKey=hush-hush-2;EndpointSuffix=y")
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", __file__)
    for text in (
        "signed with hush-hush-1", "account key hush-hush-2 is wrong", "https://x/?sig=hush&se=2026", "rtsp://viewer:hush@10.0.0.1/a",
        "Authorization: AWS4-HMAC-SHA256 hush", "AccountKey=hush;x", "https://x/?X-Amz-Signature=hush&a=b",
    ):  # fmt: skip
        assert "hush" not in masked(text) and "***" in masked(text)
    for text in ("abfs://container@account/x", "reuse=true", "https://host:9000/a@b", f"no file {__file__}", "x=1 sign=2"):
        assert masked(text) == text
    assert masked("postgresql://u:${oc.env:PW}@h/x") == "postgresql://u:${oc.env:PW}@h/x"


def test_what_is_written_down_has_none() -> None:
    config = {
        "database": {"url": "postgresql://u:hush@h/x"},
        "options": {"secret": "hush", "retries": 3, "token": None},
        "l": ["a"],
    }
    assert hidden(config) == {
        "database": {"url": "postgresql://u:***@h/x"}, "options": {"secret": "***", "retries": 3, "token": None}, "l": ["a"],
    }  # fmt: skip


@pytest.mark.parametrize(
    "url",
    [
        "rtsp://viewer:hush@10.0.0.1/a", "rtsp://viewer:hu@sh@10.0.0.1/a", "rtsp://viewer:hu/sh@10.0.0.1/a", "http://10.0.0.1/video?user=a&pwd=hush&x=1",
        "rtsp://10.0.0.1/user=a_password=hush_channel=1_stream=0.sdp", "http://10.0.0.1/snap?password=hush",
    ],
)  # fmt: skip
def test_a_password_in_the_url_of_a_camera_is_seen_and_masked(url: str) -> None:
    assert told(url)
    assert "hush" not in masked(url) and "sh@10" not in masked(url)
    assert masked(url).startswith(url[:12]) and told(masked(url)) is ("***@" in masked(url))
    with pytest.raises(InputError, match="put it into the environment") as caught:
        refuse_words([f"fleet.cameras.cam1.url='{url}'"])
    assert "hush" not in str(caught.value)


@pytest.mark.parametrize(
    "url",
    [
        "rtsp://10.0.0.1/a", "rtsp://viewer@10.0.0.1/a", "rtsp://${oc.env:U}:${oc.env:P}@10.0.0.1/a", "rtsp://u:${secret:P}@h/a",
        "http://10.0.0.1/video?user=a&pwd=${secret:P}", "rtsp://${secret:U}:${secret:/run/p}@h/a?b=c",
        "http://10.0.0.1/passage=3", "/footage/a@b:c.mp4", "http://h:80/a@b",
    ],
)  # fmt: skip
def test_a_url_without_a_password_of_its_own_passes(url: str) -> None:
    assert not told(url) and masked(url) == url
    refuse_words([f"fleet.cameras.cam1.url={url}"])


def test_a_secret_comes_from_the_environment_or_a_file_and_fits_into_a_url(tmp_path, monkeypatch) -> None:
    file = tmp_path / "camera"
    file.write_text("a/b@c:d \n")
    monkeypatch.setenv("CAMERA_PASSWORD", "100%")
    assert (looked_up(str(file)), looked_up("CAMERA_PASSWORD")) == ("a%2Fb%40c%3Ad", "100%25")
    file.write_text("\n")
    for name, says in ((str(file), "is empty"), (f"{file}x", "cannot be read: No such file"), ("NOT_THERE", "is not set")):
        with pytest.raises(InputError, match=says):
            looked_up(name)
