"""Renew the catalogues after what people read has changed in English: ``make catalogue``.

All messages are found anew. Translations that there are stay, those of messages that are gone are dropped, new messages
are added without one and printed, and what is translated is compiled.
"""

from sim.rules.language import LANGUAGES
from tests.locale.catalogue import compiled, file_of, renewed, written


def main() -> None:
    """Renew them all; English is the language of the messages themselves."""
    for code in [*LANGUAGES][1:]:
        catalogue, file = renewed(code), file_of(code)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(written(catalogue))
        file.with_suffix(".mo").write_bytes(compiled(catalogue))
        missing = [message.id for message in catalogue if message.id and not message.string]
        for message in missing:
            print(message)
        print(f"{file}: {len(catalogue)} messages, {len(missing)} of them without a translation")


if __name__ == "__main__":
    main()
