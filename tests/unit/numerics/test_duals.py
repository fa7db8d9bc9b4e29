import numpy as np
import pytest

from phistar.numerics.duals import Dual, gradient_of, seed, value_of


def difference(function, x, h=1e-6):
    """Central differences of a function of one array, one direction an element."""
    rows = []
    for i in range(x.size):
        step = np.zeros(x.size)
        step[i] = h
        step = step.reshape(x.shape)
        rows.append((function(x + step) - function(x - step)) / (2 * h))
    return np.array(rows)


FUNCTIONS = {
    "sums along axes": lambda x: np.sum(x[:, None] * x[None, :] ** 2, axis=1),
    "powers with a variable exponent": lambda x: x**x,
    "logs and exponentials": lambda x: np.exp(np.log(x) * 2.0) + np.log1p(x) + np.expm1(x),
    "quotients and roots": lambda x: np.sqrt(x) / (1.0 + x),
    "where keeps the branch": lambda x: np.where(value_of(x) > 0.7, x**2, 3.0 * x),
    "maximum and minimum": lambda x: np.maximum(x, 0.6) + np.minimum(x, 0.9),
    "joined and reshaped": lambda x: np.concatenate([x, 2.0 * x]).reshape(2, -1) * 3.0,
    "scalars against matrices": lambda x: x[0] * np.ones((2, 3)) + x[1],
    "fancy indices": lambda x: x[np.array([0, 0, 2])],
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_gradients_match_central_differences(name):
    x = np.array([0.5, 0.8, 1.3])
    (dual,) = seed([x])
    # Second-order differences at h = 1e-6 are good to about 1e-9.
    np.testing.assert_allclose(FUNCTIONS[name](dual).gradient, difference(FUNCTIONS[name], x), rtol=1e-7, atol=1e-8)
    np.testing.assert_array_equal(FUNCTIONS[name](dual).value, FUNCTIONS[name](x))


def test_several_variables_get_directions_in_order():
    x, y = seed([np.array([1.0, 2.0]), np.float64(3.0)])
    product = x * y
    np.testing.assert_array_equal(product.gradient, [[3.0, 0.0], [0.0, 3.0], [1.0, 2.0]])


def test_zero_times_an_infinite_slope_is_zero():
    x = Dual(np.array([0.0]), np.zeros((1, 1)))
    with np.errstate(divide="ignore"):
        np.testing.assert_array_equal(np.log(x).gradient, [[0.0]])


def test_a_plain_array_has_no_gradient():
    np.testing.assert_array_equal(gradient_of(np.ones(2), 3), np.zeros((3, 2)))


def test_a_function_without_a_rule_is_refused_by_name():
    (x,) = seed([np.array([0.5])])
    with pytest.raises(NotImplementedError, match="arctan"):
        np.arctan(x)
