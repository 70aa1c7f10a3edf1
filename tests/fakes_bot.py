"""Small bot folders for tests."""

from __future__ import annotations

from pathlib import Path

DOMAIN = """\
version: "3.1"
intents:
  - greet
  - inform:
      use_entities: [city]
  - stop
  - faq
entities:
  - city:
      roles: [from, to]
  - size
slots:
  city:
    type: text
    mappings:
      - type: from_entity
        entity: city
        role: to
        conditions:
          - active_loop: trip_form
            requested_slot: city
  vegan:
    type: bool
    initial_value: false
    mappings:
      - type: from_intent
        intent: greet
        value: true
responses:
  utter_greet:
    - text: Hello {name}
      buttons:
        - title: Go
          payload: /inform{"city":"Rome"}
    - text: Hi
      channel: rest
      condition:
        - type: slot
          name: vegan
          value: true
  utter_ask_city:
    - text: Where to?
      image: /map.png
  utter_faq/hours:
    - text: Always open.
forms:
  trip_form:
    required_slots: [city]
    ignored_intents: stop
actions:
  - action_book
session_config:
  session_expiration_time: 30
  carry_over_slots_to_new_session: false
"""
RULES = """\
version: "3.1"
rules:
  - rule: Greet
    conversation_start: true
    wait_for_user_input: false
    condition:
      - active_loop: null
      - slot_was_set:
          - vegan: true
          - city
    steps:
      - ...
      - intent: greet
      - action: utter_greet
  - rule: Stop
    condition:
      - active_loop: trip_form
    steps:
      - or:
          - intent: stop
          - intent: greet
      - action: action_deactivate_loop
      - active_loop: null
"""
STORIES = """\
stories:
  - story: Book
    steps:
      - intent: inform
        entities:
          - city: Rome
            role: to
          - size
      - action: trip_form
      - active_loop: trip_form
      - slot_was_set:
          - city: Rome
          - requested_slot: null
      - active_loop: null
      - action: action_book
"""


def write_bot(folder: Path, **files: str) -> Path:
    """Write a small bot; `files` replaces or adds files, named with ``__`` for ``/`` and without ``.yml``."""
    contents = {"domain": DOMAIN, "data__rules": RULES, "data__stories": STORIES} | files
    for name, content in contents.items():
        path = folder / f"{name.replace('__', '/')}.yml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    return folder
