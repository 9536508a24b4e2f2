"""Files of ways in: read whole, and every fault told at once."""

from __future__ import annotations

from pathlib import Path

import pytest

from allmende.city.load import load_city, read_city
from allmende.city.secrets import read_secret
from allmende.city.ways import is_topic_filter
from allmende.errors import SourceRefused
from allmende.model.way import Broker, PlainForm, Webhook
from tests.city.conftest import write

WAY = """
title = { de = "LoRaWAN", en = "LoRaWAN" }
kind = "chirpstack"
licence = "dl-de/by-2-0"
[broker]
address = "mqtts://broker.example.org"
topics = ["application/+/device/+/event/+"]
user = "env:MQTT_USER"
password = "env:MQTT_PASSWORD"
ca_file = "env:MQTT_CA"
[webhook]
header = "X-Token"
token = "env:HOOK_TOKEN"
"""


def test_a_way_is_read_whole(folder: Path) -> None:
    """Broker, webhook and the form of plain messages."""
    write(folder, {"ways/radio.toml": WAY, "ways/pumps.toml": PUMPS})
    city = load_city(folder)
    radio = city.ways["radio"]
    assert radio.broker == Broker(
        "mqtts://broker.example.org", ("application/+/device/+/event/+",), user="env:MQTT_USER",
        password="env:MQTT_PASSWORD", ca_file="env:MQTT_CA",
    )  # fmt: skip
    assert radio.webhook == Webhook("X-Token", "env:HOOK_TOKEN")
    assert city.ways["pumps"].plain == PlainForm("topic:2", "at", "values")


PUMPS = """
title = "Pumpen"
kind = "plain"
[broker]
address = "mqtt://broker.example.org"
topics = ["pumps/#"]
[plain]
device = "topic:2"
time = "at"
values = "values"
"""


def test_all_faults_are_told_at_once(folder: Path) -> None:
    """Each fault has a path and, where something can be done, a hint."""
    spoiled = """
title = "x"
kind = "chirpstack"
licence = "mine"
[broker]
address = "http://broker.example.org"
topics = ["a/#/b", ""]
password = "secret"
key_file = "env:KEY"
keep_hours = 0
[webhook]
header = "X Token"
secret = "env:NOT-A-NAME"
[plain]
device = "topic:0"
"""
    write(folder, {"ways/radio.toml": spoiled})
    _, problems = read_city(folder)
    assert {problem.path for problem in problems if problem.file == "ways/radio.toml"} == {
        "$.licence", "$.broker.address", "$.broker.topics[0]", "$.broker.topics[1]", "$.broker.password",
        "$.broker.user", "$.broker.certificate_file", "$.broker.keep_hours", "$.webhook.header",
        "$.webhook.secret", "$.plain.device",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ('title = "x"\nkind = "ttn"\n', "$"),
        ('title = "x"\nkind = "ttn"\n[webhook]\n', "$.webhook.token"),
        ('title = "x"\nkind = "lora"\n[webhook]\ntoken = "env:T"\n', "$.kind"),
        ('title = "x"\nkind = "ttn"\n[broker]\naddress = "mqtt://x.org"\ntopics = []\n', "$.broker.topics"),
    ],
)
def test_ways_that_nothing_comes_in_by(folder: Path, text: str, path: str) -> None:
    """No broker and no webhook, an open webhook, an unknown kind, no topic."""
    write(folder, {"ways/radio.toml": text})
    _, problems = read_city(folder)
    assert [(problem.file, problem.path) for problem in problems] == [("ways/radio.toml", path)]


def test_names_of_ways_are_their_own(folder: Path) -> None:
    """`http` is always there, and a source has its name already."""
    write(folder, {"ways/http.toml": WAY, "ways/benches.toml": WAY})
    _, problems = read_city(folder)
    assert [problem.file for problem in problems] == ["ways/benches.toml", "ways/http.toml"]


def test_a_sensor_names_a_way_that_is_there(folder: Path) -> None:
    """A broken file of a way still lends its name, so that one mistake is told once."""
    sensor = 'title = "x"\nway = "radoi"\ndecoder = "object"\n[[properties]]\nname = "t"\nid = "t"\n'
    write(folder, {"ways/radio.toml": WAY, "sensors/probe.toml": sensor})
    _, problems = read_city(folder)
    assert [(problem.path, problem.hint) for problem in problems] == [("$.way", "Did you mean 'radio'?")]
    write(folder, {"ways/radio.toml": "kind = 7", "sensors/probe.toml": sensor.replace("radoi", "radio")})
    _, problems = read_city(folder)
    assert {problem.file for problem in problems} == {"ways/radio.toml"}


def test_messages_of_sensorthings_need_no_kind_of_sensor(folder: Path) -> None:
    """They name their datastream, and are posted elsewhere."""
    sensor = 'title = "x"\nway = "radio"\ndecoder = "object"\n[[properties]]\nname = "t"\nid = "t"\n'
    way = WAY.replace('"chirpstack"', '"sensorthings"')
    write(folder, {"ways/radio.toml": way, "sensors/probe.toml": sensor})
    _, problems = read_city(folder)
    assert [(problem.file, problem.path) for problem in sorted(problems)] == [
        ("sensors/probe.toml", "$.way"),
        ("ways/radio.toml", "$.webhook"),
    ]


@pytest.mark.parametrize(
    ("topic", "good"),
    [
        ("a/+/b", True),
        ("#", True),
        ("a/#", True),
        ("a/b", True),
        ("a+/b", False),
        ("#/a", False),
        ("", False),
    ],
)
def test_filters_of_topics(topic: str, good: bool) -> None:
    """As a broker would judge them."""
    assert is_topic_filter(topic) is good


def test_a_secret_is_read_from_the_environment_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is missing is named; what was written into the file is not taken."""
    monkeypatch.setenv("HOOK", "abc")
    assert read_secret("env:HOOK") == "abc"
    assert read_secret("") == ""
    with pytest.raises(SourceRefused, match="NOTHING"):
        read_secret("env:NOTHING")
    with pytest.raises(SourceRefused):
        read_secret("abc")
