"""One broken scenario file for each mistake, and the words that the message about it must contain."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from sim.__main__ import main
from sim.rules.errors import ScenarioError
from sim.rules.rulebook import Reporting
from sim.scenario.reading import load

ARM = "[policies.a]\n"
NOBODY_UNDER_15 = '[[offences]]\nname = "a"\nweight = 1\ntarget_weights = [0, 0, 1, 0]\n'
MISTAKES = {
    "decoys whom nobody seeks": (
        NOBODY_UNDER_15 + "[undercover]\ndecoys = 2",
        ["6: decoys pose as persons under 15, whom no offence here seeks", "or leave the decoys out."],
    ),
    "decoys of a policy whom nobody seeks": (
        NOBODY_UNDER_15 + ARM + "undercover = { decoys = 2 }",
        ["decoys pose as persons under 15, whom no offence here seeks"],
    ),
    "decoys for no hour": (
        ARM + "undercover = { decoys = 2, hours = 0 }",
        ["2: policies.a.undercover.hours = 0 is not allowed. It takes a whole number from 1 to 24."],
    ),
    "a request that goes back in time": (
        "[police]\nrequest_days_home = -3",
        ["2: police.request_days_home = -3 is not allowed. It takes a number from 0.05"],
    ),
    "more payers than persons": (
        ARM + "freemium = { p_paying = 1.4 }",
        ["2: policies.a.freemium.p_paying = 1.4 is not allowed. It takes a number from 0 to 1."],
    ),
    "unknown key": (
        "[reporting]\nfrction = 0.2",
        ["2: reporting.frction is not", "mean reporting.friction?", "has: friction, rel_ready"],
    ),
    "unknown section": (
        "days = 3\n[reprting]\nfriction = 0.2",
        ["2: reprting is not", "mean reporting?", "has: title, site"],
    ),
    "key of a section at the top": ("friction = 0.2", ["1: friction is not", "mean reporting.friction?"]),
    "key of a level beside it": (
        "[registration]\nfindability = 0.2",
        ["2: registration.findability is not", "mean registration.none.findability?"],
    ),
    "unknown key of a level": ("[registration.email]\nreturn = 1", ["2: registration.email.return is not", "p_return"]),
    "unknown level": (
        "[registration.sms]\np_return = 1",
        ["1: registration.sms is not", "none, email, phone, document"],
    ),
    "text for a number": ('days = "ten"', ['1: days = "ten" is not', "a whole number from 1 to 10000"]),
    "number in quotes": ('[reporting]\nfriction = "0.2"', ['2: reporting.friction = "0.2"', "a number from 0 to 1"]),
    "fraction for a whole number": ("days = 3.5", ["1: days = 3.5 is not", "a whole number"]),
    "switch for a number": ("[reporting]\nfriction = true", ["2: reporting.friction = true", "a number from 0 to 1"]),
    "number for a switch": (
        "[registration.email]\naccounts_persist = 1",
        ["2: registration.email.accounts_persist = 1", "true or false"],
    ),
    "number for a section": ("reporting = 3", ["1: reporting = 3", "a section [reporting]"]),
    "array for a section": ("[[reporting]]\nfriction = 0.2", ["1: reporting = a list", "a section [reporting]"]),
    "table for a number": ("[days]\nx = 1", ["1: days = a table", "a whole number"]),
    "date in quotes": (
        'start = "2021-01-01"',
        ['1: start = "2021-01-01"', "a date without quotes, such as 2021-01-01"],
    ),
    "time for a date": ("start = 2021-01-01T10:00:00", ["1: start = 2021-01-01T10:00:00", "a date without quotes"]),
    "ancient date": ("start = 0001-01-01", ["1: start = 0001-01-01", "from 1970-01-01"]),
    "a ladder that goes down": (
        "[sanctions]\nladder_hours = [24, 0]",
        ["2: sanctions.ladder_hours = [24, 0]", "whole numbers from 0 to 100000, none smaller than the one before."],
    ),
    "a whole number with a point": ("days = 24.0", ["1: days = 24.0 is not", "Write 24, without a point."]),
    "just above the bound": ("scale = 1.0000001", ["1: scale = 1.0000001 is not allowed."]),
    "a date without zeros": ("start = 2021-1-1", ["1: ", "TOML", "Write 2021-01-01."]),
    "a date with slashes": ("start = 01/02/2021", ["1: ", "Write 2021-02-01 if 1 is the day, or 2021-01-02 if 2 is"]),
    "a date in words": ("start = 1 January 2021", ["1: ", "TOML", "Write 2021-01-01."]),
    "a date in French": ('start = "1er février 2021"', ["1: start = ", "Write 2021-02-01;"]),
    "a date of a lever": (
        ARM + "retention = { message_hours = 9, start = 3/31/2021, end = 2021-05-01 }",
        ["2: ", "TOML", "Write 2021-03-31."],
    ),
    "no such day": ("start = 2021-02-30", ["1: ", "There is no such day", "2021-01-31"]),
    "a name that reads as missing": (
        "[policies.NA]\nreporting = { friction = 0 }",
        ["1: policy 'NA': ", "a missing value. Write 'policy-NA'"],
    ),
    "a name that is an option": ("[policies.-1]\nreporting = { friction = 0 }", ["1: policy '-1': ", "an option"]),
    "a name in other capitals": (
        "[policies.A]\nreporting = { friction = 0 }\n[policies.a]\nreporting = { friction = 0.1 }",
        ["3: policy 'a': many disks take this name and 'A' for the same. Write 'a-2'"],
    ),
    "a site that reads as missing": ('site = "nan"', ["1: site 'nan': ", "Write 'site-nan'"]),
    "an offence called all": (
        '[[offences]]\nname = "all"\ntarget_weights = [1, 0, 0, 0]',
        ["2: no offence may be called all: ", "Write 'offence_all'"],
    ),
    "a ladder with half an hour": ("[sanctions]\nladder_hours = [0.5]", ["sanctions.ladder_hours", "0.5"]),
    "a policy whose ladder goes down": (
        "[policies.a]\nsanctions = { ladder_hours = [24, 0] }",
        ["policies.a.sanctions.ladder_hours", "none smaller than the one before"],
    ),
    "what a ban cannot bind": ('[sanctions]\nbinds = "soul"', ["binds", "one of account, device, identity"]),
    "more than everybody warned": (
        "[policies.a]\nwarnings = { p_reached = 1.5 }",
        ["policies.a.warnings.p_reached", "from 0 to 1"],
    ),
    "a negative cooling-off": ("[limits]\ncooling_off_hours = -1", ["limits.cooling_off_hours = -1", "from 0 to 8760"]),
    "an offence without weights": (
        '[[offences]]\nname = "a"\ntarget_weights = [0, 0, 0, 0]',
        ["four whole numbers", "not all of them 0"],
    ),
    "nan": (
        "[contacts]\n# odd\nprivate_harm_per_hour = nan",
        ["3: contacts.private_harm_per_hour = nan", "nan and inf are no numbers"],
    ),
    "inf": ("scale = inf", ["1: scale = inf", "from 0.0001 to 1"]),
    "minus inf": ("scale = -inf", ["1: scale = -inf"]),
    "too large": ("[population]\np_under_15 = 1.5", ["2: population.p_under_15 = 1.5", "a number from 0 to 1"]),
    "too small": ("days = 0", ["1: days = 0", "from 1 to 10000"]),
    "shares of more than 1": ("[population]\np_under_15 = 0.9\np_15_17 = 0.9", ["1: population", "more than 1"]),
    "23 weights": (f"[population]\nhourly_weights = {[1] * 23}", ["population", "24 whole numbers"]),
    "a weight that is no number": ('[population]\nhourly_weights = [\n 1,\n "a"]', ["4: ", '"a"', "a whole number"]),
    "days out of order": (
        '[moderation]\nshift_days = ["tue", "mon"]',
        ["2: moderation.shift_days: tue, mon is not allowed", "in this order and none twice."],
    ),
    "a day twice": (
        ARM + 'moderation = { shift_days = ["mon", "mon"] }',
        ["2: policies.a.moderation.shift_days: mon, mon"],
    ),
    "no days": ("[moderation]\nshift_days = []", ["2: moderation.shift_days: an empty list is not allowed"]),
    "an unknown day": (
        '[moderation]\nshift_days = [\n "mon",\n "friday"]',
        ['4: moderation.shift_days[row 2] = "friday"', "one of mon, tue, wed, thu, fri, sat, sun."],
    ),
    "an unknown day that is set": (
        ARM + "set = { rule = 'moderation.shift_days', value = ['mon', 'dim'] }",
        ['2: policies.a.set.value: ["mon", "dim"] is not allowed for moderation.shift_days', "one or more of mon, tue"],
    ),
    "a day that is no list": (
        '[moderation]\nshift_days = "mon"',
        ['2: moderation.shift_days = "mon"', "a list of one or more of mon, tue"],
    ),
    "unknown choice": (
        '[moderation]\ntriage = "best"',
        ['2: moderation.triage = "best"', "one of oldest, newest, gravest"],
    ),
    "many digits": ("days = " + "9" * 100, ["1: days = a number of more than 30 digits", "from 1 to 10000"]),
    "thousands of digits": ("days = " + "9" * 9000, ["thousands of digits"]),
    "many hexadecimal digits": ("days = 0x" + "f" * 9000, ["1: days = a number of more than 30 digits"]),
    "too many digits for a float": ("scale = " + "9" * 400, ["1: scale = a number of more than 30 digits"]),
    "long text": (f'title = "{"x" * 300}"', ["1: title", "up to 200 characters"]),
    "capital in the name of the site": ('site = "Coco"', ['1: site = "Coco"', "small letters"]),
    "small population": (
        "[population]\nmonthly_visitors = 50",
        ["2: population.monthly_visitors = 50", "from 100 to"],
    ),
    "small scale": ("title = 'x'\nscale = 0.0001", ["2: ", "leaves 50 visitors a month", "at least 100"]),
    "large population": (
        "[population]\nmonthly_visitors = 20_000_000",
        ["1: this scenario is too large", "Lower scale"],
    ),
    "too large for itself": ("[predators]\np_of_adults = 1\napproaches_per_hour = 20", ["too large", "approaches"]),
    "a door that lets nobody in": ("[registration.none]\nfriction_user = 1", ["too large", "members"]),
    "no offence": ("offences = []", ["1: offences = []", "1 to 32 tables [[offences]]"]),
    "no name of an offence": (
        '[[offences]]\nname = "a"\ntarget_weights = [1, 0, 0, 0]\n[[offences]]\ntarget_weights = [1, 0, 0, 0]',
        ["4: offences[row 2].name is missing"],
    ),
    "two of a name": (
        '[[offences]]\nname = "a"\ntarget_weights = [1, 0, 0, 0]\n' * 2,
        ["4: two offences are called a"],
    ),
    "three target weights": (
        '[[offences]]\nname = "a"\ntarget_weights = [1, 2, 3]',
        ["3: ", "[1, 2, 3]", "four whole"],
    ),
    "no weight at all": (
        '[[offences]]\nname = "a"\nweight = 0\ntarget_weights = [1, 2, 3, 0]',
        ["1: every offence has weight = 0"],
    ),
    "offences as a table": ("[offences]\nname = 'a'", ["1: offences = a table", "[[offences]]"]),
    "unknown lever": (
        ARM + "retenton = { message_hours = 1 }",
        ["2: policies.a.retenton", "mean retention?", "reporting"],
    ),
    "unknown level of a lever": (
        ARM + "registration = { level = 'sms' }",
        ["2: policies.a.registration.level = ", "phone"],
    ),
    "unknown setting of a lever": (
        ARM + "retention = { message_hours = 1, strt = 1 }",
        ["2: policies.a.retention.strt is not a setting", "mean policies.a.retention.start?"],
    ),
    "a lever without its number": (
        ARM + "retention = {}",
        ["2: policies.a.retention.message_hours is missing", "a whole"],
    ),
    "a lever that is a number": (
        ARM + "retention = 720",
        ["2: policies.a.retention = 720", "start, end, site, message_hours"],
    ),
    "an empty list of levers": (ARM + "set = []", ["2: policies.a.set is an empty list"]),
    "an empty policy": (ARM, ["1: policies.a is empty", "registration", "combine"]),
    "a policy that is a number": ("[policies]\na = 1", ["2: policies.a = 1", "levers"]),
    "policies that are a number": ("policies = 1", ["1: policies = 1", "[policies.NAME]"]),
    "a policy called baseline": (
        "[policies.baseline]\nreporting = { friction = 0 }",
        ["1: no policy may be called baseline"],
    ),
    "a space in a name": (
        "[policies.'a b']\nreporting = { friction = 0 }",
        ["1: policy 'a b'", "letters, digits, - and _"],
    ),
    "unknown rule": (
        ARM + "set = [{ rule = 'moderation.staf', value = 1 }]",
        ["2: policies.a.set[row 1].rule", "mean moderation.staff?", "retention.message_hours"],
    ),
    "a value that the rule does not take": (
        ARM + "set = [\n{ rule = 'moderation.staff', value = 1 },\n{ rule = 'moderation.triage', value = 1 }]",
        ["4: policies.a.set[row 2].value: 1 is not allowed for moderation.triage", "one of oldest, newest, gravest"],
    ),
    "a value out of bounds": (
        ARM + "[[policies.a.set]]\nrule = 'registration.p_return'\nvalue = 1.5",
        ["4: policies.a.set[row 1].value: 1.5", "a number from 0 to 1"],
    ),
    "an age gate without ages": (
        "[age]\nlevel = 'none'\ngate = true",
        ["1: a rule keeps out those who are too young", "age.level", "declared, estimated or verified"],
    ),
    "a policy about ages without ages": (
        "[age]\nlevel = 'none'\n" + ARM + "limits = { adults_to_minors = false }",
        ["3: policy 'a': a rule keeps", "limits.adults_to_minors", "nobody is ever known"],
    ),
    "an unknown check of ages": (
        ARM + "age = { level = 'guessed' }",
        ["2: policies.a.age.level = ", "none, declared, estimated, verified"],
    ),
    "collision": (
        ARM + "moderation = { staff = 5 }\nset = { rule = 'moderation.staff', value = 2 }",
        [
            "1: policy 'a'",
            "moderation (5 moderators on shift) and set (moderation.staff = 2.0) both set moderation.staff",
        ],
    ),
    "collision of combined policies": (
        "[policies.a]\nreporting={friction=0.1}\n[policies.b]\nreporting={friction=0.2}\n[policies.c]\ncombine=['a','b']",
        [
            "5: policy 'c': reporting (10% of",
            "and reporting (20% of",
            "both set reporting.friction",
            "dates that do not overlap. They come from 'a' and 'b'.",
        ],
    ),
    "unknown policy to combine": (ARM + "combine = ['b']", ["2: policies.a.combine", 'no policy is called "b"']),
    "combine itself": (
        "[policies.a]\ncombine=['b']\n[policies.b]\ncombine=['a']",
        ["2: policies.a.combine leads back", "4: policies.b.combine leads back"],
    ),
    "combine a number": (ARM + "combine = 3", ["2: policies.a.combine = 3", "names of policies"]),
    "combine nothing": (ARM + "combine = []", ["2: policies.a.combine is an empty list"]),
    "start before the window": (
        ARM + "retention = { message_hours = 9, start = 2020-12-31 }",
        ["2: policy 'a': retention starts on 2020-12-31", "from 2021-01-01 to 2021-12-31"],
    ),
    "start after the window": (ARM + "retention = { message_hours = 9, start = 2022-01-01 }", ["2: ", "outside"]),
    "end before start": (
        ARM + "retention = { message_hours = 9, start = 2021-06-01, end = 2021-06-01 }",
        ["2: policy 'a': retention ends on 2021-06-01", "not after its start"],
    ),
    "collision with a combined policy": (
        ARM + "reporting={friction=0.1}\n[policies.b]\ncombine=['a']\nreporting={friction=0.2}",
        ["3: policy 'b'", "They come from 'a' and 'b'."],
    ),
    "per cent in quotes": ('[reporting]\nfriction = "80 %"', ["2: ", "from 0 to 1. Write 0.8: this is a share."]),
    "per cent as a number": ("[reporting]\nfriction = 80", ["2: ", "from 0 to 1. For 80% write 0.8."]),
    "per cent without quotes": (
        "[reporting]\nfriction = 80% # of those",
        ["2: ", "TOML", "Write 0.8: this is a share."],
    ),
    "per cent of no share": (
        '[moderation]\nstaff = "80%"',
        ["2: ", "Write the number alone; its unit is: moderators."],
    ),
    "days for hours": ('[retention]\nmessage_hours = "7d"', ["2: ", "Write 168: this is in hours."]),
    "days for hours of a lever": (
        ARM + "retention = { message_hours = 7 days }",
        ["2: ", "TOML", "Write 168: this is"],
    ),
    "days for hours of a rule": (
        ARM + "set = { rule = 'registration.return_delay_hours', value = '1.5d' }",
        ["2: policies.a.set.value", "Write 36: this is in hours."],
    ),
    "weeks for days": ('days = "2 Weeks"', ["1: ", "Write 14: this is in days."]),
    "part of a day": ('days = "36h"', ["1: days", "a whole number from 1 to 10000."]),
    "hour with its unit": ('[moderation]\nshift_start_hour = "14h"', ["2: ", "alone; its unit is: hour of the day."]),
    "underscores that are no number's": (
        '[retention]\nmessage_hours = "1__0_h"',
        ["2: ", "Write 10: this is in hours."],
    ),
    "a small share": ('[reporting]\nfriction = "1.1%"', ["2: ", "Write 0.011: this is a share."]),
    "a large value of a long broken line": ("a" * 200_000 + " = 7d", ["1: this is not valid TOML", "Correct it"]),
    "decimal comma in quotes": ('scale = "0,5"', ["1: scale", "Write 0.5: this is a share."]),
    "key given twice": ("days = 3\ndays = 4", ["2: this is not valid TOML", "given twice"]),
    "section given twice": ("[reporting]\n[retention]\n[reporting]", ["3: this is not valid TOML", "given twice"]),
    "no value": ("days = 3\nscale =", ["2: this is not valid TOML", "Correct it"]),
    "text without quotes": ("title = my chat", ["1: this is not valid TOML", "in: title = my chat", "in quotes"]),
    "decimal comma": ("scale = 0,5", ["1: this is not valid TOML", "in: scale = 0,5", "Write 0.5: this is"]),
    "unit of no setting": ("dys = 3d", ["1: this is not valid TOML", "Correct it"]),
    "open bracket": ("[reporting\nfriction = 1", ["1: this is not valid TOML"]),
    "deep nesting": ("x = " + "[" * 5000 + "]" * 5000, ["nested too deeply"]),
    "nothing": ("", ["the file is empty"]),
    "comments only": ("# a\n\n  # b\n", ["the file is empty"]),
}


def message(path: Path | str) -> str:
    with pytest.raises(ScenarioError) as error:
        load(path)
    return str(error.value)


@pytest.mark.parametrize("name", MISTAKES)
def test_the_message_says_what_is_wrong(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text, words = MISTAKES[name]
    file = tmp_path / "broken.toml"
    file.write_text(text)
    found = message(file)
    assert all(word in found for word in words), found
    assert all(line.startswith(str(file)) for line in found.splitlines())
    assert main(["check", str(file)]) == 2
    assert capsys.readouterr() == ("", found + "\n")


def test_all_mistakes_of_a_file_at_once_in_the_order_of_its_lines(tmp_path: Path) -> None:
    file = tmp_path / "broken.toml"
    file.write_text(
        "days = 0\nsx = 1\n[policies.a]\nretention = {}\nmoderation = { staff = nan }\n[reporting]\nfriction = 2\n"
    )
    lines = message(file).splitlines()
    assert [int(line.split(":")[1]) for line in lines] == [1, 2, 4, 5, 7]


def test_a_file_from_another_editor(tmp_path: Path) -> None:
    file = tmp_path / "windows.toml"
    file.write_bytes(b"\xef\xbb\xbfdays = 30\r\nwarmup_days = 7\r\n")
    assert load(file).days == 30


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"\x00\x01\x02\x03", "this is not a text file"),
        (b"\x7fELF" + bytes(range(256)), "this is not a text file"),
        ("days = 3\ntitle = 'Café'".encode("latin-1"), "binary.toml:2: this is not in UTF-8 but perhaps in Latin-1"),
        ("title = '5 €'".encode("cp1252"), "in: title = '5 €'. A scenario is a TOML file in UTF-8: save it as that"),
        ("days = 3".encode("utf-16"), "this is a text in UTF-16, which some editors call Unicode"),
        ("days = 3".encode("utf-16-le"), "in UTF-8: save it as that"),
        ("days = 3".encode("utf-16-be"), "this is a text in UTF-16"),
    ],
)
def test_no_text_in_utf_8(content: bytes, words: str, tmp_path: Path) -> None:
    file = tmp_path / "binary.toml"
    file.write_bytes(content)
    assert words in message(file)


def test_no_file(tmp_path: Path) -> None:
    assert "there is no such file" in message(tmp_path / "missing.toml")
    assert "this is not a file" in message(tmp_path)
    assert "this is not a file" in message(os.devnull)
    assert message("x" * 5000).endswith("the file cannot be read (File name too long).")
    assert message("a\0b").endswith("is no path")
    large = tmp_path / "large.toml"
    large.write_bytes(b"#" * 1_000_001)
    assert "too large for a scenario" in message(large)


def test_in_a_process_of_its_own(tmp_path: Path) -> None:
    file = tmp_path / "broken.toml"
    file.write_text("[reporting]\nfrction = 0.2\n")
    done = subprocess.run(
        [sys.executable, "-m", "sim", "compare", "broken.toml", "--out", "results"],
        cwd=tmp_path, env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])}, capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr == (
        "broken.toml:2: reporting.frction is not a setting. Did you mean reporting.friction? "
        f"[reporting] has: {', '.join(Reporting.model_fields)}.\n"
    )
    assert [path.name for path in tmp_path.iterdir()] == ["broken.toml"]
