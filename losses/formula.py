"""From a formula to a loss: `Focal = Formula(focal)` is all that it takes."""

import inspect
from collections.abc import Callable, Mapping
from functools import update_wrapper
from typing import Any, Concatenate, Generic, ParamSpec

from torch import Tensor

from losses.candidate_lists import CandidateLists, positive_lists
from losses.candidates import Candidates
from losses.loss import Loss, LossOutput, Needs
from losses.parameters import checked, declared

Given = Mapping[str, Any]  # parameters by name
P = ParamSpec("P")


class Formula(Generic[P]):
    """A formula over candidate lists that makes losses when it is called with its parameters.

    Args:
        formula: lists and parameters in, one value per list out, [L].
        lists: how the lists are made of a batch.
        per_query: how the values of a query's lists become one, [L] -> [B].
        asks: what the formula needs besides scores and labels, given its parameters.
        check_list: raises InputError for a list size that the parameters do not go with.
    """

    def __init__(
        self,
        formula: Callable[Concatenate[CandidateLists, P], Tensor],
        *,
        lists: Callable[[Candidates], CandidateLists] = positive_lists,
        per_query: Callable[[CandidateLists, Tensor], Tensor] = CandidateLists.mean,
        asks: Callable[[Given], Needs] = lambda _: Needs(),
        check_list: Callable[[Given, int], None] | None = None,
    ) -> None:
        update_wrapper(self, formula)
        self.formula, self.lists, self.per_query = formula, lists, per_query
        self.asks, self.check_list = asks, check_list
        signature = inspect.signature(formula)
        parameters = list(signature.parameters.values())[1:]
        self.__signature__ = signature.replace(parameters=parameters)

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> Loss:
        """Return the loss with these parameters, checked against their declarations."""
        bound = self.__signature__.bind(*args, **kwargs)
        bound.apply_defaults()
        return FormulaLoss(self, checked("loss", bound.arguments, declared(self.formula)))


class FormulaLoss(Loss):
    """The loss of a formula with given parameters.

    Args:
        formula: the formula.
        parameters: its parameters, by name.
    """

    def __init__(self, formula: Formula[...], parameters: Given) -> None:
        super().__init__()
        self.formula, self.given = formula, parameters
        self.asks = formula.asks(parameters)

    def judge(self, batch: Candidates) -> LossOutput:
        """Return the formula's values, averaged over the lists of each query."""
        lists = self.formula.lists(batch)
        values = self.formula.formula(lists, **self.given)
        return LossOutput(self.formula.per_query(lists, values), lists.lists_per_query > 0)

    @property
    def name(self) -> str:
        """Name of the formula."""
        return self.formula.formula.__name__

    def check_list(self, candidates: int) -> None:
        """Check the list size; see `Loss.check_list`."""
        super().check_list(candidates)
        if self.formula.check_list is not None:
            self.formula.check_list(self.given, candidates)
