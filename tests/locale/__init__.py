"""The catalogues of translations: ``make catalogue`` renews them after what people read has changed in English.

It finds all messages, keeps the translations that there are, drops those of messages that are gone, adds the new ones
without a translation, which `test_catalogue` names until they have one, and compiles what is translated.
"""
