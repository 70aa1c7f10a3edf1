"""Small bots in the styles of Rasa's public examples: files by name, number of stories, number of rules."""

from __future__ import annotations

CONFIG = """\
recipe: default.v1
assistant_id: 20260101-quiet-name
language: en
pipeline:
- name: WhitespaceTokenizer
- name: CountVectorsFeaturizer
  analyzer: char_wb
- name: DIETClassifier
  epochs: 100
- name: EntitySynonymMapper
- name: ResponseSelector
- name: FallbackClassifier
  threshold: 0.3
policies:
- name: MemoizationPolicy
- name: RulePolicy
- name: TEDPolicy
  max_history: 5
"""
MOOD = {
    "config.yml": CONFIG,
    "credentials.yml": "rest:\nrasa:\n  url: http://localhost:5002/api\n",
    "endpoints.yml": "# action_endpoint:\n#   url: http://localhost:5055/webhook\n",
    "domain.yml": """\
version: "3.1"
intents: [hello, fine, sad]
responses:
  utter_hello:
  - text: Hi! How is your day?
    buttons:
    - {title: fine, payload: /fine}
    - {title: sad, payload: /sad}
  utter_cheer:
  - text: Look at this
    image: https://pictures.example/tiger.jpg
  utter_happy:
  - text: Great!
session_config:
  session_expiration_time: 60
  carry_over_slots_to_new_session: true
""",
    "data/nlu.yml": """\
version: "3.1"
nlu:
- intent: hello
  examples: |
    - hi there
    - good day
- intent: fine
  examples: |
    - very well
    - splendid
- intent: sad
  examples: |
    - not so well
    - gloomy
""",
    "data/stories.yml": """\
version: "3.1"
stories:
- story: good day
  steps:
  - intent: hello
  - action: utter_hello
  - intent: fine
  - action: utter_happy
- story: bad day
  steps:
  - intent: hello
  - action: utter_hello
  - intent: sad
  - action: utter_cheer
""",
}
FORM = {
    "config.yml": CONFIG,
    "endpoints.yml": "action_endpoint:\n  url: http://localhost:5055/webhook\n",
    "domain.yml": """\
version: "3.1"
intents:
- order: {use_entities: []}
- tell
- affirm
- deny
- chat
entities: [dish, number]
slots:
  dish:
    type: text
    influence_conversation: false
    mappings:
    - {type: from_entity, entity: dish}
  seats:
    type: float
    max_value: 20
    mappings:
    - {type: from_entity, entity: number, intent: [tell, order]}
  outside:
    type: bool
    mappings:
    - type: from_intent
      intent: affirm
      value: true
      conditions: [{active_loop: table_form, requested_slot: outside}]
    - type: from_intent
      intent: deny
      value: false
      conditions: [{active_loop: table_form, requested_slot: outside}]
  wish:
    type: text
    mappings:
    - type: from_text
      not_intent: affirm
      conditions:
      - active_loop: table_form
        requested_slot: wish
forms:
  table_form:
    ignored_intents: [chat]
    required_slots: [dish, seats, outside, wish]
responses:
  utter_ask_dish: [{text: What shall it be?}]
  utter_ask_seats: [{text: For how many?}]
  utter_ask_outside: [{text: Outside?}]
  utter_ask_wish: [{text: Any wish?}]
  utter_chat: [{text: I only know tables.}]
  utter_table:
  - text: "{dish} for {seats}, outside: {outside}, {wish}"
  utter_goon: [{text: Shall we go on?}]
actions: [validate_table_form]
""",
    "data/rules.yml": """\
version: "3.1"
rules:
- rule: begin
  steps:
  - intent: order
  - action: table_form
  - active_loop: table_form
- rule: end
  condition:
  - active_loop: table_form
  steps:
  - action: table_form
  - active_loop: null
  - slot_was_set:
    - requested_slot: null
  - action: utter_table
""",
    "data/stories.yml": """\
version: "3.1"
stories:
- story: leaves the form
  steps:
  - intent: order
  - action: table_form
  - active_loop: table_form
  - or:
    - intent: chat
    - intent: deny
  - action: utter_goon
  - intent: deny
  - action: action_deactivate_loop
  - active_loop: null
""",
}
CONCERT = {
    "domain.yml": """\
version: "3.1"
intents: [hello, find_concert, venue, thanks]
slots:
  concerts:
    type: list
    influence_conversation: false
    mappings: [{type: custom}]
  likes:
    type: bool
    influence_conversation: true
    mappings: [{type: custom}]
responses:
  utter_ask: [{text: "Which of {concerts}?"}]
  utter_welcome: [{text: You are welcome.}]
actions: [action_search, action_venue, utter_welcome]
""",
    "data/stories.yml": """\
stories:
- story: searching
  steps:
  - intent: find_concert
  - action: action_search
  - slot_was_set:
    - concerts: [{artist: a}, {artist: b}]
  - checkpoint: found
- story: asks for the venue
  steps:
  - checkpoint: found
    slot_was_set:
    - concerts: [{artist: a}, {artist: b}]
  - action: utter_ask
  - intent: venue
  - action: action_venue
- story: says thanks
  steps:
  - checkpoint: found
  - intent: thanks
  - action: utter_welcome
""",
}
RULES = {
    "config.yml": "recipe: default.v1\npolicies:\n- name: RulePolicy\n  core_fallback_threshold: 0.3\n",
    "domain/intents.yml": "intents: [hello, faq]\n",
    "domain/responses.yml": """\
responses:
  utter_hello:
  - condition: [{type: slot, name: known, value: true}]
    text: Welcome back!
    channel: socketio
  - text: Hello!
  utter_default: [{text: Pardon?}]
  utter_faq/price: [{text: It is free.}]
  utter_faq/hours:
  - custom: {blocks: [{type: section, text: "Always, {{really}}"}]}
slots:
  known: {type: rasa.shared.core.slots.BooleanSlot, initial_value: null, mappings: [{type: custom}]}
""",
    "data/all.yml": """\
rules:
- rule: hello at the start
  conversation_start: true
  steps:
  - intent: hello
  - action: utter_hello
  wait_for_user_input: false
- rule: questions
  steps:
  - intent: faq
  - action: utter_faq
- rule: not understood
  condition:
  - slot_was_set: [{known: true}]
  steps:
  - intent: nlu_fallback
  - action: utter_default
nlu:
- intent: hello
  examples: |
    - hi
    - good day
- intent: faq/price
  examples: |
    - what does it cost
    - the price please
- intent: faq/hours
  examples:
  - text: |
      when are you open
    metadata: {sentiment: neutral}
  - text: opening hours
""",
}
E2E = {
    "config.yml": "pipeline: []\npolicies:\n- name: TEDPolicy\n  epochs: 100\n",
    "domain.yml": 'version: "3.1"\nintents: []\ne2e_actions:\n- Hello you!\n- And good bye!\n',
    "data/stories.yml": """\
stories:
- story: words only
  steps:
  - user: hey bot
  - bot: Hello you!
  - user: so long
  - bot: And good bye!
""",
}
REMINDER = {
    "domain.yml": """\
intents: [remind, forget, EXTERNAL_reminder, EXTERNAL_dry_plant]
entities: [name, plant]
slots:
  name: {type: any, mappings: [{type: from_entity, entity: name}]}
actions: [action_set, action_react, action_warn, action_forget]
responses:
  utter_what: [{text: What can I do?}]
""",
    "data/rules.yml": """\
rules:
- rule: set
  steps:
  - {intent: remind, entities: [name]}
  - action: action_set
- rule: react
  steps:
  - intent: EXTERNAL_reminder
  - action: action_react
- rule: warn
  steps:
  - intent: EXTERNAL_dry_plant
    entities: [{plant: Orchid}]
  - action: action_warn
- rule: forget
  steps:
  - intent: forget
  - action: action_forget
  - action: utter_what
""",
}
OLD_FORM = {
    "config.yml": "language: en\npipeline:\n- name: DIETClassifier\npolicies:\n- name: RulePolicy\n",
    "domain.yml": """\
version: "2.0"
intents:
- order:
    use_entities: []
- tell
entities: [dish, number]
slots:
  dish: {type: unfeaturized, auto_fill: false}
  seats: {type: text, influence_conversation: false, auto_fill: false}
forms:
  table_form:
    required_slots:
      dish:
      - {type: from_entity, entity: dish}
      seats:
      - {type: from_entity, entity: number}
      - {type: from_text}
responses:
  utter_ask_dish: [{text: What?}]
  utter_ask_table_form_seats: [{text: For how many?}]
actions: [validate_table_form]
""",
    "data/nlu.yml": """\
version: "2.0"
nlu:
- intent: order
  examples: |
    - a table
    - book a table
- intent: tell
  examples: |
    - [fish](dish)
    - [two]{"entity": "number", "value": "2"} people
- lookup: dish
  examples: |
    - soup
- synonym: fish
  examples: |
    - trout
- regex: number
  examples: |
    - \\d+
""",
    "data/rules.yml": """\
version: "2.0"
rules:
- rule: begin
  steps:
  - intent: order
  - action: table_form
  - active_loop: table_form
""",
}
BOTS = {
    "mood": (MOOD, 2, 0),
    "form": (FORM, 2, 2),
    "concert": (CONCERT, 2, 0),
    "rules": (RULES, 0, 3),
    "end to end": (E2E, 1, 0),
    "reminder": (REMINDER, 0, 4),
    "old form": (OLD_FORM, 0, 1),
}
