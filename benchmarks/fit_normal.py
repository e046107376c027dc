"""Print the polynomial coefficients of the upper tail of the normal distribution in ``fastbp/kernels/lanes/normal.py``.

``(1 + 2 x) exp(x**2 / 2) Q(x)``, Q the upper tail, as a polynomial of ``t = (x - 4) / (x + 4)``: a smooth function on an interval, by
Chebyshev's polynomials with 60 digits (M. M. Shepherd, J. G. Laframboise, *Mathematics of Computation* 36, 1981).

Run: ``python benchmarks/fit_normal.py`` (needs mpmath).
"""

import sys

from mpmath import chebyfit, erfc, exp, mp, mpf, sqrt

mp.dps = 60


def scaled_tail(t: mpf) -> mpf:
    """(1 + 2 x) exp(x**2 / 2) Q(x) for x >= 0."""
    x = 4 * (1 + t) / (1 - t)
    return (1 + 2 * x) * exp(x * x / 2) * erfc(x / sqrt(2)) / 2


def main() -> None:
    """Fit and print the coefficients, highest power first, for both widths; the numbers of coefficients may be given."""
    counts = list(map(int, sys.argv[1:])) or [11, 23]
    for width, count, largest in (("float32", counts[0], 14), ("float64", counts[1], 39)):
        end = mpf(largest - 4) / (largest + 4)
        coefficients, error = chebyfit(scaled_tail, [-1, end], count, error=True)
        print(f"{width}: {count} coefficients, largest error {float(error):.2e}")
        digits = 10 if width == "float32" else 18
        print("  " + ",\n  ".join(mp.nstr(c, digits) for c in coefficients))


if __name__ == "__main__":
    main()
