"""The municipal forum: Discourse 3 with the solved plugin.

`/latest.json` in pages of thirty with `more_topics_url`, `/t/ID.json` with the first twenty posts
and the ids of all in `post_stream.stream`, the others by `/t/ID/posts.json?post_ids[]=`,
`/t/ID.json?page=2` or all at once by `?print=true`.
`accepted_answer` stands on the topic and on the post, as discourse-solved writes it.
"""

import re
from html import escape
from typing import Any

from aggregator.replica.content.rounds import World
from aggregator.replica.sites.answer import (
    Answer,
    Asked,
    Routes,
    as_json,
    page,
    paragraphs,
    plain,
    redirect,
    routed,
    template,
)
from aggregator.replica.stock import pick
from aggregator.replica.values import DEMO_NOTICE, FORUM, HOSTS, Post, Publication, sentence_of

HOST = HOSTS[FORUM]
ROBOTS = """User-agent: *
Disallow: /admin/
Disallow: /auth/
Disallow: /my/
Disallow: /search
Disallow: /u/
Disallow: /session
"""
_PER_PAGE = 30
_CHUNK = 20
CATEGORIES = ((5, "onlinedienste", "Onlinedienste"), (6, "basisdienste", "Basisdienste"),
              (7, "organisation", "Organisation und Recht"))  # fmt: skip
_TOPIC = re.compile(r"/t/(?:(?!\d+(?:/|\.|$))[^/]+/)?(\d+)(?:/\d+)?(\.json)?/?")
_POSTS = re.compile(r"/t/(\d+)/posts\.json")
_CATEGORY = re.compile(r"/c/(?:[\w-]+/)*(\d+)(?:/l/latest)?\.json")


class Forum:
    """Answers for the forum's host."""

    def __init__(self, world: World) -> None:
        own = [p for p in world.publications if p.platform == FORUM]
        self._topics = {p.number: p for p in own}
        newest = sorted(own, key=lambda p: (p.modified, p.number), reverse=True)
        # Pinned topics stand before the newest, whatever their age.
        pinned = [p for p in newest if _is_pinned(p)]
        self._latest = pinned + [p for p in newest if not _is_pinned(p)]

        self._routes: Routes = (
            (re.compile(r"/robots\.txt"), plain(ROBOTS)),
            (re.compile(r"/latest\.json"),
             lambda asked, _: self._list(self._latest, asked, "/latest")),
            (re.compile(r"/(?:categories|site)\.json"), lambda *_: as_json(self._categories())),
            (_CATEGORY, self._in_category),
            (_POSTS, self._more_posts),
            (_TOPIC, self._topic),
            (re.compile(r"/|/latest|/categories"), lambda *_: self._home()),
        )  # fmt: skip

    def answer(self, asked: Asked) -> Answer:
        """Answer one request."""
        if asked.host != HOST:
            return redirect(f"http://{HOST}{asked.path}")
        found = routed(self._routes, asked)
        return _missing(json=asked.path.endswith(".json")) if found is None else found

    def _home(self) -> Answer:
        rows = "".join(f'<li><a href="{p.path}">{escape(p.title)}</a></li>' for p in self._latest)
        return page(_framed("Neueste Themen", f"http://{HOST}/", f"<ul>{rows}</ul>"))

    def _in_category(self, asked: Asked, found: re.Match[str]) -> Answer:
        mine = [p for p in self._latest if _category(p)[0] == int(found[1])]
        return self._list(mine, asked, asked.path.removesuffix(".json"))

    def _list(self, topics: list[Publication], asked: Asked, base: str) -> Answer:
        number = int(asked.first("page", "0") or 0)
        shown = topics[number * _PER_PAGE : (number + 1) * _PER_PAGE]
        listed: dict[str, Any] = {
            "can_create_topic": False,
            "per_page": _PER_PAGE,
            "topics": [_listed(topic) for topic in shown],
        }
        if (number + 1) * _PER_PAGE < len(topics):
            listed["more_topics_url"] = f"{base}?no_definitions=true&page={number + 1}"
        names = sorted({post.author for topic in shown for post in topic.posts})
        users = [{"id": _user(name), "username": name, "name": ""} for name in names]
        return as_json({"users": users, "topic_list": listed, "demo_notice": DEMO_NOTICE})

    def _categories(self) -> dict[str, Any]:
        rows = [
            {"id": number, "slug": slug, "name": name, "read_restricted": False,
             "topic_count": sum(_category(p)[0] == number for p in self._latest)}
            for number, slug, name in CATEGORIES
        ]  # fmt: skip
        listed = {"can_create_category": False, "categories": rows}
        return {"category_list": listed, "categories": rows, "demo_notice": DEMO_NOTICE}

    def _topic(self, asked: Asked, found: re.Match[str]) -> Answer:
        topic, json = self._topics.get(int(found[1])), bool(found[2])
        if topic is None:
            return _missing(json=json)
        if json:
            return as_json(_whole(topic, asked))
        if not asked.path.rstrip("/").startswith(topic.path):
            return redirect(topic.url)
        return page(_framed(topic.title, topic.url, _posts_html(topic)), tag=True)

    def _more_posts(self, asked: Asked, found: re.Match[str]) -> Answer:
        topic = self._topics.get(int(found[1]))
        if topic is None:
            return _missing(json=True)
        wanted = {int(value) for value in asked.query.get("post_ids[]", []) if value.isdigit()}
        posts = [_post(topic, post) for post in topic.posts if post.id in wanted]
        return as_json({"post_stream": {"posts": posts}, "id": topic.number})


def _is_pinned(topic: Publication) -> bool:
    return topic.number % 17 == 0


def _category(topic: Publication) -> tuple[int, str, str]:
    return CATEGORIES[pick(topic.theme, len(CATEGORIES))]


def _user(name: str) -> int:
    return 100 + pick(name, 900)


def _millis(at: str) -> str:
    return at.replace("Z", ".000Z")


def _listed(topic: Publication) -> dict[str, Any]:
    """Return a topic as it stands in lists; one without answers may have no `last_posted_at`."""
    alone = len(topic.posts) == 1
    accepted = any(post.accepted for post in topic.posts)
    return {
        "id": topic.number,
        "title": topic.title,
        "fancy_title": escape(topic.title),
        "slug": topic.path.split("/")[2],
        "posts_count": len(topic.posts),
        "reply_count": max(0, len(topic.posts) - 2),
        "highest_post_number": len(topic.posts),
        "image_url": None,
        "created_at": _millis(topic.posts[0].at),
        "last_posted_at": None if alone else _millis(topic.posts[-1].at),
        "bumped": True,
        "bumped_at": _millis(topic.posts[-1].at),
        "archetype": "regular",
        "unseen": False,
        "pinned": _is_pinned(topic),
        "pinned_globally": _is_pinned(topic),
        "unpinned": None,
        "visible": True,
        "closed": False,
        "archived": False,
        "tags": [topic.theme],
        "views": 20 + pick(topic.key, 900),
        "like_count": pick(topic.title, 9),
        "has_summary": False,
        "last_poster_username": topic.posts[-1].author,
        "category_id": _category(topic)[0],
        "has_accepted_answer": accepted,
        "can_have_answer": True,
        "posters": [
            {"extras": "latest", "description": "Original Poster", "user_id": _user(name)}
            for name in dict.fromkeys(post.author for post in topic.posts)
        ],
    }


def _whole(topic: Publication, asked: Asked) -> dict[str, Any]:
    """Return a topic with twenty of its posts (all with `print=true`) and the ids of all."""
    number = max(1, int(asked.first("page", "1") or 1))
    shown = topic.posts[(number - 1) * _CHUNK : number * _CHUNK]
    if asked.first("print") == "true":
        shown = topic.posts
    document = _listed(topic)
    for name in ("posters", "has_accepted_answer", "bumped", "bumped_at", "unseen"):
        del document[name]
    document |= {
        "post_stream": {
            "posts": [_post(topic, post) for post in shown],
            "stream": [post.id for post in topic.posts],
        },
        "timeline_lookup": [[1, 0]],
        "suggested_topics": [],
        "chunk_size": _CHUNK,
        "word_count": len(topic.text.split()),
        "deleted_at": None,
        "user_id": _user(topic.posts[0].author),
        "participant_count": len({post.author for post in topic.posts}),
        "details": {"can_edit": False, "created_by": _person(topic.posts[0].author)},
        "demo_notice": DEMO_NOTICE,
    }
    accepted = next((post for post in topic.posts if post.accepted), None)
    if accepted is not None:
        document["accepted_answer"] = {
            "post_number": accepted.number,
            "username": accepted.author,
            "name": None,
            "excerpt": sentence_of(accepted.paragraphs[0])[:300],
        }
    return document


def _person(name: str) -> dict[str, Any]:
    return {"id": _user(name), "username": name, "name": "", "avatar_template": ""}


def _post(topic: Publication, post: Post) -> dict[str, Any]:
    solved = any(other.accepted for other in topic.posts)
    return {
        "id": post.id,
        "name": "",
        "username": post.author,
        "avatar_template": f"/letter_avatar_proxy/v4/letter/{post.author[0]}/5f8ce5/{{size}}.png",
        "created_at": _millis(post.at),
        "updated_at": _millis(post.at),
        "cooked": paragraphs(post.paragraphs),
        "post_number": post.number,
        "post_type": 1,
        "reply_count": 0,
        "reply_to_post_number": None,
        "quote_count": 0,
        "reads": 3 + pick(f"{post.id}", 60),
        "score": 1.2,
        "yours": False,
        "topic_id": topic.number,
        "topic_slug": topic.path.split("/")[2],
        "display_username": "",
        "version": 1,
        "user_id": _user(post.author),
        "hidden": False,
        "trust_level": 1,
        "deleted_at": None,
        "user_deleted": False,
        "wiki": False,
        "moderator": False,
        "staff": False,
        "can_accept_answer": False,
        "can_unaccept_answer": False,
        "accepted_answer": post.accepted,
        "topic_accepted_answer": solved,
    }


def _posts_html(topic: Publication) -> str:
    return "\n".join(
        f'<div id="post_{post.number}" class="topic-body crawler-post">'
        f'<div class="crawler-post-meta">'
        f'<span class="creator">{escape(post.author)}</span> <time datetime="{post.at}" '
        f'class="post-time">{post.at[:10]}</time></div>'
        f'<div class="post">{paragraphs(post.paragraphs)}</div></div>'
        for post in topic.posts
    )


def _framed(title: str, url: str, content: str) -> str:
    return template("discourse.html").substitute(
        title=escape(title), canonical=url, content=content, notice=DEMO_NOTICE
    )


def _missing(*, json: bool) -> Answer:
    if json:
        message = "Die angeforderte URL oder Ressource konnte nicht gefunden werden."
        return as_json({"errors": [message], "error_type": "not_found"}, status=404)
    return page("<!DOCTYPE html><title>Diese Seite existiert nicht.</title>", status=404)
