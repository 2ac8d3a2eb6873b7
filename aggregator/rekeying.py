"""What other rules for addresses would make of the items that are stored: which merge, which split.

Pure: stored names go in, a plan comes out; `store.rekey` reads and applies. A plan is what people
look at before rules change, and what is applied when they have changed.

An item keeps its id whatever happens to its key. Its key follows the addresses that gave it:

* Two items of a platform whose keys become equal, or that come to share an address, are one after
  all, as in a late redirect; items that their systems number differently never are.
* An item whose own addresses come to have different keys was several things. What is stored stays
  with the key of its shown address; the other addresses are read anew as items of their own.
* Keys that no address gave (an import's `entry_id`, a feed's guid) stay.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from aggregator import urls
from aggregator.model import Identity, Platform


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """A stored item, by what its identity follows from."""

    item: int
    id: str
    platform: str
    key: str
    url: str  # as shown
    title: str
    first_seen_at: str
    addresses: tuple[str, ...]  # as seen


@dataclass(frozen=True, slots=True, kw_only=True)
class Merge:
    """Items that turn out to be one; the first has the older id and survives."""

    items: tuple[Held, ...]
    key: str  # of the survivor from now on
    because: str  # what they have in common: a key or an address


@dataclass(frozen=True, slots=True, kw_only=True)
class Split:
    """An item that turns out to be several things."""

    item: Held
    key: str  # of what stays
    others: Mapping[str, tuple[str, ...]]  # other keys, with the addresses that leave


@dataclass(frozen=True, slots=True, kw_only=True)
class Renamed:
    """An item whose key alone becomes another one."""

    item: Held
    key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What a change of rules does."""

    items_before: int = 0
    addresses_before: int = 0  # different canonical ones
    addresses_after: int = 0
    merges: tuple[Merge, ...] = ()
    splits: tuple[Split, ...] = ()
    renamed: tuple[Renamed, ...] = ()
    touched: tuple[int, ...] = ()  # items of which any address is called otherwise

    @property
    def items_after(self) -> int:
        """How many items there are in the end, when the parts of splits have been read."""
        lost = sum(len(merge.items) - 1 for merge in self.merges)
        return self.items_before - lost + sum(len(split.others) for split in self.splits)

    @property
    def is_empty(self) -> bool:
        """Whether nothing stored is called otherwise."""
        return not (self.merges or self.splits or self.renamed or self.touched)


@dataclass(slots=True)
class _Seen:
    """What is noted while the items go by."""

    plan_items: dict[int, Held] = field(default_factory=dict)
    keys: dict[int, str] = field(default_factory=dict)  # from now on
    splits: list[Split] = field(default_factory=list)
    touched: list[int] = field(default_factory=list)
    by_key: dict[tuple[str, str], list[int]] = field(default_factory=lambda: defaultdict(list))
    by_address: dict[tuple[str, str], list[int]] = field(default_factory=lambda: defaultdict(list))
    before: set[tuple[str, str]] = field(default_factory=set)


def plan(
    held: Iterable[Held], platforms: Mapping[str, Platform], old: urls.Rules, new: urls.Rules
) -> Plan:
    """Say what becomes of stored items when the rules for addresses change.

    Args:
        held: The living items.
        platforms: By id; an item of a platform that is no longer listed is looked at all the same.
        old: The rules by which they were stored.
        new: The rules to come.

    Returns:
        The plan; all its lists are in the order of the items.
    """
    seen = _Seen()
    for item in held:
        _look(seen, item, platforms.get(item.platform), old, new)
    merges = _merges(seen)
    merged = {item.item for merge in merges for item in merge.items}
    renamed = tuple(
        Renamed(item=item, key=seen.keys[pk])
        for pk, item in seen.plan_items.items()
        if pk not in merged and seen.keys[pk] != item.key
    )
    return Plan(
        items_before=len(seen.plan_items), addresses_before=len(seen.before),
        addresses_after=len(seen.by_address), merges=merges, splits=tuple(seen.splits),
        renamed=renamed, touched=tuple(seen.touched),
    )  # fmt: skip


def _look(
    seen: _Seen, item: Held, platform: Platform | None, old: urls.Rules, new: urls.Rules
) -> None:
    """Note what becomes of one item by itself."""
    was = {url: urls.identity_under(old, url, platform) for url in item.addresses}
    will = {url: urls.identity_under(new, url, platform) for url in item.addresses}
    key, others = _key(item, was, will) if was != will else (item.key, {})
    leaving = {url for found in others.values() for url in found}
    seen.plan_items[item.item] = item
    seen.keys[item.item] = key
    seen.by_key[item.platform, key].append(item.item)
    if was != will:
        seen.touched.append(item.item)
    if others:
        seen.splits.append(Split(item=item, key=key, others=others))
    for url in item.addresses:
        seen.before.add((item.platform, was[url].canonical))
        owners = seen.by_address[item.platform, will[url].canonical]
        # Entries that share their page are told apart by their keys alone.
        if url not in leaving and item.item not in owners and "#" not in key:
            owners.append(item.item)


def _key(
    item: Held, was: Mapping[str, Identity], will: Mapping[str, Identity]
) -> tuple[str, dict[str, tuple[str, ...]]]:
    """Return the key of an item from now on, and the addresses that leave it, by their keys."""
    base, sign, name = item.key.partition("#")
    if sign:  # one of several entries that share an address
        moved = (will[url].canonical for url in was if was[url].canonical == base)
        return f"{next(moved, base)}#{name}", {}
    own = [url for url in item.addresses if was[url].key == item.key]
    found: dict[str, list[str]] = {}
    for url in sorted(own, key=lambda url: url != item.url):
        found.setdefault(will[url].key, []).append(url)
    if not found:
        return item.key, {}
    key, *others = found
    if key == will[found[key][0]].canonical and not others:
        key = _numbered(was, will) or key
    return key, {other: tuple(found[other]) for other in others}


def _numbered(was: Mapping[str, Identity], will: Mapping[str, Identity]) -> str | None:
    """Return a system's number that another address of an item has from now on."""
    gained = (url for url in will if will[url].key not in (was[url].key, will[url].canonical))
    return next((will[url].key for url in gained), None)


def _is_numbered(key: str) -> bool:
    """Whether a key is a system's number or a publisher's id, and no address."""
    return not key.startswith(("http://", "https://")) or "#" in key


def _merges(seen: _Seen) -> tuple[Merge, ...]:
    """Return the groups of items that become one, by their keys, then by their addresses."""
    groups = _Groups(seen.keys)
    touched = set(seen.touched)
    for names in (seen.by_key, seen.by_address):
        for (_, name), members in names.items():
            if len(members) > 1 and not touched.isdisjoint(members):
                for other in members[1:]:
                    groups.join(members[0], other, name)
    grouped: dict[int, list[int]] = defaultdict(list)
    for pk in seen.plan_items:
        if (first := groups.lead(pk)) in groups.why:
            grouped[first].append(pk)
    return tuple(
        _merge(seen, members, groups.why[first]) for first, members in sorted(grouped.items())
    )


class _Groups:
    """Items that become one; two that their systems number differently never are in one group."""

    def __init__(self, keys: Mapping[int, str]) -> None:
        self._keys = keys
        self._leader: dict[int, int] = {}
        self._number: dict[int, str] = {}
        self.why: dict[int, str] = {}  # by the first of a group

    def lead(self, pk: int) -> int:
        """Return the first of the group of an item."""
        while (leader := self._leader.get(pk, pk)) != pk:
            pk = leader
        return pk

    def join(self, one: int, other: int, name: str) -> None:
        """Make the groups of two items one, because of what they have in common."""
        first, second = sorted((self.lead(one), self.lead(other)))
        numbers = {n for pk in (first, second) if (n := self._number_of(pk))}
        if first == second or len(numbers) > 1:
            return
        self._leader[second] = first
        self.why[first] = self.why.get(first) or self.why.pop(second, None) or name
        self.why.pop(second, None)
        if numbers:
            self._number[first] = numbers.pop()

    def _number_of(self, pk: int) -> str | None:
        key = self._keys[pk]
        return self._number.get(pk) or (key if _is_numbered(key) else None)


def _merge(seen: _Seen, members: Sequence[int], because: str) -> Merge:
    items = sorted(
        (seen.plan_items[pk] for pk in members),
        key=lambda item: (item.first_seen_at, item.platform, item.key),
    )
    keys = [seen.keys[item.item] for item in items]
    key = next((key for key in keys if _is_numbered(key)), keys[0])
    return Merge(items=tuple(items), key=key, because=because)
