from __future__ import annotations

import numpy as np

from nlu.training.unanswerable import ask_opposites, swap_names, wrong_passages
from tests.fakes_reader import ask


def test_wrong_passages_are_of_the_document_without_the_answer_and_nearest() -> None:
    asked = ask("when is the shop in Leeds open", "The shop in Leeds is open at 9.", "9")
    near = ask("when is the shop in York open", "The shop in York is open from 10.", "10")
    also = ask("is 9 the limit", "The limit in the shop in Leeds is 9.", "limit")
    other = ask("who", "Somebody else.", "else", group="another document")

    found = wrong_passages([asked, near, also, other], share=0.99, rng=np.random.default_rng(1))

    assert {(one.question, one.passage) for one in found if one.question == asked.question} == {
        (asked.question, near.passage)
    }
    assert all(one.answers == () for one in found)
    assert not any(one.question == "who" for one in found)


def test_swapped_names_stay_in_kind_and_document() -> None:
    leeds = ask("is it open in Leeds at 9", "Leeds opens at 9.", "9")
    york = ask("is it open in York at 10", "York opens at 10.", "10")
    other = ask("is it open in Hull", "Hull.", "Hull", group="another document")

    found = swap_names([leeds, york, other], share=0.99, rng=np.random.default_rng(1))

    assert {one.question for one in found} == {"is it open in York at 9", "is it open in Leeds at 10"}
    assert all(one.answers == () for one in found)


def test_an_opposite_keeps_its_capital_and_changes_one_word() -> None:
    first = ask("First or best?", "The first, says the best.", "first")
    plain = ask("who says so", "The best.", "best")

    found = ask_opposites([first, plain], share=1.0, rng=np.random.default_rng(1))

    assert [one.question for one in found] in (["Last or best?"], ["First or worst?"])
    assert found[0].answers == ()
    assert found[0].passage == first.passage


def test_an_opposite_that_the_passage_mentions_may_have_an_answer() -> None:
    asked = ask("the highest price", "From the lowest price, £1, to the highest, £9.", "£9")

    assert ask_opposites([asked], share=1.0, rng=np.random.default_rng(1)) == []


def test_a_word_may_have_several_opposites() -> None:
    asked = ask("a lower price", "A lower price.", "lower")

    found = {
        one.question
        for seed in range(9)
        for one in ask_opposites([asked], share=1.0, rng=np.random.default_rng(seed))
    }

    assert found == {"a higher price", "a upper price"}


def test_a_not_makes_no_question_unanswerable() -> None:
    asked = ask("why did my parcel not stop", "Snow.", "Snow")

    found = ask_opposites([asked], share=1.0, rng=np.random.default_rng(1))

    assert [one.question for one in found] == ["why did my parcel not start"]
