"""Distributions, moments, percentiles, intervals and similarities."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from statistics import NormalDist
from typing import Final

from infra.local.athena.functions.api import Entry, by_type, macro, python_function
from infra.local.athena.functions.text_functions import refuse

_ROOT_2: Final = 1.4142135623730951
_FAR: Final = 0.5
_STEPS: Final = 3


@python_function("DOUBLE", "DOUBLE", "DOUBLE", returns="VARCHAR")
def _normal_cdf(mean: float, deviation: float, value: float) -> str:
    if not deviation > 0:
        refuse("standardDeviation must be > 0")
    return repr(0.5 * (1 + math.erf((value - mean) / (deviation * _ROOT_2))))


@python_function("DOUBLE", "DOUBLE", "DOUBLE", returns="VARCHAR")
def _inverse_normal_cdf(mean: float, deviation: float, probability: float) -> str:
    if not 0 < probability < 1:
        refuse("p must be 0 > p > 1")
    if not deviation > 0:
        refuse("sd must be > 0")
    return repr(mean + deviation * _ROOT_2 * _inverse_erf(2 * probability - 1))


def _inverse_erf(value: float) -> float:
    """Return the inverse of the error function, of a number between -1 and 1."""
    if abs(value) >= _FAR:
        return math.copysign(NormalDist().inv_cdf((1 - abs(value)) / 2) / _ROOT_2, value)
    found = NormalDist().inv_cdf((1 + value) / 2) / _ROOT_2
    for _ in range(_STEPS):
        found -= (math.erf(found) - value) * math.sqrt(math.pi) / 2 * math.exp(found * found)
    return found


@python_function("BIGINT", "BIGINT", "DOUBLE", "INTEGER", returns="VARCHAR")
def _wilson_interval(successes: int, trials: int, z: float, side: int) -> str:
    if successes < 0:
        refuse("number of successes must not be negative")
    if trials <= 0:
        refuse("number of trials must be positive")
    if successes > trials:
        refuse("number of successes must not be larger than number of trials")
    if not z >= 0:
        refuse("z-score must not be negative")
    share = successes / trials
    spread = z * math.sqrt(share * (1 - share) / trials + z * z / (4 * trials * trials))
    return repr((share + z * z / (2 * trials) + side * spread) / (1 + z * z / trials))


@python_function("DOUBLE", "DOUBLE", "DOUBLE", "BIGINT", returns="BIGINT")
def _width_bucket(operand: float, first: float, second: float, count: int) -> int:
    if count <= 0:
        refuse("bucketCount must be greater than 0")
    if math.isnan(operand):
        refuse("operand must not be NaN")
    for name, bound in (("first", first), ("second", second)):
        if not math.isfinite(bound):
            refuse(f"{name} bound must be finite")
    if first == second:
        refuse("bounds cannot equal each other")
    low, high = min(first, second), max(first, second)
    if operand < low:
        bucket = 0
    elif operand >= high:
        bucket = count + 1
    else:
        bucket = int(count * (operand - low) / (high - low)) + 1
    return bucket if first < second else count - bucket + 1


@python_function("DOUBLE", "DOUBLE[]", returns="BIGINT")
def _width_bucket_of_bins(operand: float, bins: list[float | None]) -> int:
    if not bins:
        refuse("Bins cannot be an empty array")
    if math.isnan(operand):
        refuse("Operand cannot be NaN")
    bounds = [bound or 0.0 for bound in bins]  # Trino reads a null as 0
    low, high = 0, len(bounds)
    while low < high:
        if bounds[low] > bounds[high - 1]:
            refuse("Bin values are not sorted in ascending order")
        middle = (low + high) // 2
        if not math.isfinite(bounds[middle]):
            refuse(f"Bin value must be finite, got {bounds[middle]}")
        low, high = (low, middle) if operand < bounds[middle] else (middle + 1, high)
    return low


@python_function("MAP(VARCHAR, DOUBLE)", "MAP(VARCHAR, DOUBLE)", returns="VARCHAR")
def _cosine_similarity(left: dict[str, float | None], right: dict[str, float | None]) -> str | None:
    if None in left.values() or None in right.values():
        return None
    product = sum((value or 0) * (right[key] or 0) for key, value in left.items() if key in right)
    lengths = math.sqrt(_square(left)) * math.sqrt(_square(right))
    if lengths:
        return repr(product / lengths)
    return repr(product * math.inf)  # as a double that is divided by zero


def _square(numbers: dict[str, float | None]) -> float:
    return sum((number or 0) * (number or 0) for number in numbers.values())  # may be infinite


macro(
    "trino_percentile",
    "items, share",
    "list_sort(items)[CAST(least(floor(share * len(items)), len(items) - 1) AS BIGINT) + 1]",
)


@python_function("STRUCT(mean DOUBLE, weight DOUBLE)[]", "DOUBLE", returns="DOUBLE")
def _weighted_percentile(items: list[dict[str, float]], share: float) -> float | None:
    """Return the value at a share of the weights, between the middles of two values' weights."""
    if any(item["weight"] <= 0 for item in items):
        refuse("percentile weight must be > 0")
    ordered = sorted((item["mean"], item["weight"]) for item in items)
    offset = share * sum(weight for _, weight in ordered)
    middle = ordered[0][1] / 2
    if offset <= middle:
        return ordered[0][0]
    for left, right in itertools.pairwise(ordered):
        distance = (left[1] + right[1]) / 2
        if offset < middle + distance:
            return _between(left, right, offset - middle, middle + distance - offset)
        middle += distance
    return ordered[-1][0]


def _between(left: tuple[float, float], right: tuple[float, float], behind: float, ahead: float) -> float:
    """Interpolate between two values with weights; one of weight 1 fills its half of the distance."""
    half = 0.5
    if left[1] == 1 and behind < half:
        return left[0]
    if right[1] == 1 and ahead <= half:
        return right[0]
    behind -= half * (left[1] == 1)
    ahead -= half * (right[1] == 1)
    return (left[0] * ahead + right[0] * behind) / (behind + ahead)


@python_function("DOUBLE[]", returns="VARCHAR")
def _skewness(numbers: list[float]) -> str | None:
    count = len(numbers)
    if count < 3:  # noqa: PLR2004
        return None
    _, second, third, _ = _central_moments(numbers)
    return repr(math.sqrt(count) * third / second**1.5 if second else math.nan)


@python_function("DOUBLE[]", returns="VARCHAR")
def _kurtosis(numbers: list[float]) -> str | None:
    count = len(numbers)
    if count < 4:  # noqa: PLR2004
        return None
    _, second, _, fourth = _central_moments(numbers)
    if not second:
        return repr(math.nan)
    variance = second / (count - 1)
    share = fourth * count * (count + 1) / ((count - 1) * (count - 2) * (count - 3)) / (variance * variance)
    return repr(share - 3 * (count - 1) ** 2 / ((count - 2) * (count - 3)))


def _central_moments(numbers: Sequence[float]) -> tuple[float, float, float, float]:
    """Return the mean, and the sums of the deviations' second to fourth powers, as Trino adds them up."""
    mean = second = third = fourth = 0.0
    for count, number in enumerate(numbers, start=1):
        delta = number - mean
        step = delta / count
        square = delta * step * (count - 1)
        mean += step
        fourth += square * step * step * (count * count - 3 * count + 3)
        fourth += 6 * step * step * second - 4 * step * third
        third += square * step * (count - 2) - 3 * step * second
        second += square
    return mean, second, third, fourth


FUNCTIONS: Final[Mapping[str, Entry]] = {
    "normal_cdf": "trino_normal_cdf({all})",
    "inverse_normal_cdf": "trino_inverse_normal_cdf({all})",
    "wilson_interval_lower": "trino_wilson_interval({all}, -1)",
    "wilson_interval_upper": "trino_wilson_interval({all}, 1)",
    "width_bucket": by_type(
        {"array": "trino_width_bucket_of_bins({0}, {1})", "double": "trino_width_bucket({all})"}, argument=1
    ),
    "cosine_similarity": "trino_cosine_similarity({0}, {1})",
}
