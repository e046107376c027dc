"""Print the polynomial coefficients of ``fastbp/kernels/lanes/elementary.py``.

``expm1(r) = r + r**2 * g(r)`` on ``|r| <= ln(2) / 2``: g is interpolated at Chebyshev nodes with 60 digits, which is within a
factor of two of the best possible error, and rounded to the nearest float of each width.

Run: ``python benchmarks/fit_exponential.py`` (needs mpmath).
"""

from mpmath import chebyfit, expm1, log, mp, mpf

mp.dps = 60


def quotient(r: mpf) -> mpf:
    """(exp(r) - 1 - r) / r**2, continued through r = 0."""
    if abs(r) < mpf(10) ** -15:
        return mpf(1) / 2 + r / 6 + r**2 / 24
    return (expm1(r) - r) / r**2


def main() -> None:
    """Fit and print the coefficients, highest power first, for both widths."""
    bound = log(2) / 2
    for width, count in (("float32", 5), ("float64", 11)):
        coefficients, error = chebyfit(quotient, [-bound, bound], count, error=True)
        print(f"{width}: {count} coefficients, largest error of r**2 * g {float(error * bound**2):.2e}")
        digits = 10 if width == "float32" else 18
        print("  " + ",\n  ".join(mp.nstr(c, digits) for c in coefficients))


if __name__ == "__main__":
    main()
