"""References as people ask for them: shorter than in texts, without their context. Pure."""

from aggregator.text.references import Reference, find

_CHAMBERS = ("bt", "br")
_UNKNOWN = "?:"
# What a text says around a number that alone could be anything; who asks leaves it out.
_CONTEXTS = ("{} des IT-Planungsrats", "Beschluss {} des IT-Planungsrats", "OZG-ID {}",
             "Gemeindeschlüssel {}")  # fmt: skip


def keys_asked(told: str) -> tuple[str, ...]:
    """Return the keys that a reference may have, given as a key or as written.

    "Beschluss 2018/36" is that of the IT-Planungsrat, and "Drucksache 19/1234" may be of either
    chamber.
    """
    found = find(told)
    for context in _CONTEXTS:
        found = found or find(context.format(told))
    keys = [told]
    for reference in found:
        keys += keys_of(reference)
    return tuple(dict.fromkeys(keys))


def keys_of(reference: Reference) -> tuple[str, ...]:
    """Return the keys under which texts may have what a reference means, its own first."""
    if not reference.key.startswith(_UNKNOWN):
        return (reference.key,)
    number = reference.key.removeprefix(_UNKNOWN)
    return (reference.key, *(f"{chamber}:{number}" for chamber in _CHAMBERS))
