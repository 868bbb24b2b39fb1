"""A logistic fit of shares from 0 to 1, with a ridge and an interval that allows for judgments that go together.

Everything is computed in differences from one half, so that exchanging the two variants (shares become one minus the
shares, the columns that tell them apart change sign) gives exactly the opposite coefficients and the same errors.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import numpy
    from numpy.typing import NDArray

    Floats = NDArray[numpy.float64]
    Ints = NDArray[numpy.intp]

__all__ = ["Correction", "Fit", "fit_line", "fit_logit", "sandwich", "t_quantile"]

Correction = Literal["CR1", "CR3"]

STEPS = 100
HALVINGS = 40


@dataclass(frozen=True, slots=True, eq=False)
class Fit:
    """A fit of N judgments on p columns."""

    coefficients: Floats
    """Shape (p,); log odds for the logit, shares for the line."""
    columns: Floats
    """Shape (N, p)."""
    weights: Floats
    """Shape (N,): the variance of each judgment under the logit; 1 for the line."""
    residuals: Floats
    """Shape (N,): share less fitted share."""
    penalty: Floats
    """Shape (p, p): the ridge's second derivative."""

    def with_scores(self, clusters: Ints) -> tuple[Floats, Floats, Floats]:
        """The penalised information (p, p), and each cluster's scores (G, p) and information (G, p, p).

        `clusters` has shape (N,) and holds numbers from 0 to G − 1, each at least once.
        """
        import numpy

        size, p = int(clusters.max()) + 1, self.columns.shape[1]
        order = numpy.argsort(clusters, kind="stable")
        starts = numpy.searchsorted(clusters[order], numpy.arange(size))
        columns = self.columns[order]
        scores = numpy.add.reduceat(columns * self.residuals[order, None], starts, axis=0)
        products = (columns * self.weights[order, None])[:, :, None] * columns[:, None, :]
        blocks = numpy.add.reduceat(products.reshape(len(order), p * p), starts, axis=0).reshape(size, p, p)
        return blocks.sum(axis=0) + self.penalty, scores, blocks


def fit_logit(columns: Floats, shares: Floats, penalty: Floats) -> Fit:
    """The coefficients β that maximise Σ[y·η − log(1 + e^η)] − ½·β′Λβ with η = Xβ (Papke, Wooldridge 1996; a ridge).

    `columns` X has shape (N, p), `shares` y (N,) with values from 0 to 1, `penalty` Λ (p, p). Newton's steps
    (iteratively reweighted least squares), each halved until the objective does not fall. With a positive definite Λ
    the result is finite also where a column separates the shares. Raises ValueError for shapes that do not fit, or
    without judgments.
    """
    import numpy

    _check(columns, shares, penalty)
    over_half = shares - 0.5
    beta = numpy.zeros(columns.shape[1])

    def objective(candidate: Floats) -> float:
        eta = columns @ candidate
        # y·η − log(1 + e^η) less its value at 0, even in (y − ½, η) taken together.
        gained = over_half * eta - numpy.logaddexp(eta / 2, -eta / 2)
        return float(gained.sum() - candidate @ penalty @ candidate / 2)

    reached = objective(beta)
    for _ in range(STEPS):
        half = numpy.tanh(columns @ beta / 2) / 2
        weights = 0.25 - half * half
        slope = columns.T @ (over_half - half) - penalty @ beta
        curve = (columns * weights[:, None]).T @ columns + penalty
        step = _inverses(curve[None])[0] @ slope
        for _ in range(HALVINGS):
            candidate = beta + step
            value = objective(candidate)
            if value >= reached:
                break
            step = step / 2
        else:
            break
        beta, reached = candidate, value
        if numpy.abs(step).max() < 1e-10:
            break
    half = numpy.tanh(columns @ beta / 2) / 2
    return Fit(beta, columns, 0.25 - half * half, over_half - half, penalty)


def fit_line(columns: Floats, shares: Floats) -> Fit:
    """The ordinary least squares fit of shares less one half, shapes as in `fit_logit`.

    Where several coefficients fit as well, nearly the shortest.
    """
    import numpy

    p = columns.shape[1]
    _check(columns, shares, numpy.zeros((p, p)))
    over_half = shares - 0.5
    beta = _inverses((columns.T @ columns)[None])[0] @ (columns.T @ over_half)
    return Fit(beta, columns, numpy.ones(len(shares)), over_half - columns @ beta, numpy.zeros((p, p)))


def _check(columns: Floats, shares: Floats, penalty: Floats) -> None:
    if columns.ndim != 2 or not columns.size or shares.shape != columns.shape[:1]:
        raise ValueError(f"columns of shape {columns.shape} do not fit shares of shape {shares.shape}")
    if penalty.shape != (columns.shape[1],) * 2:
        raise ValueError(f"a penalty of shape {penalty.shape} does not fit {columns.shape[1]} columns")
    if not ((shares >= 0) & (shares <= 1)).all():
        raise ValueError("shares lie from 0 to 1")


def sandwich(fit: Fit, clusters: Ints, correction: Correction = "CR3") -> Floats:
    """The coefficients' covariance, shape (p, p), that allows judgments of one cluster to go together in any way.

    CR3: (G−1)/G·Σ d_g d_g′ with d_g = (A − A_g)⁻¹ s_g, A the penalised information, A_g and s_g a cluster's information
    and scores: the jackknife over clusters in one step (Bell, McCaffrey 2002, Survey Methodology 28:169–181; MacKinnon,
    Nielsen, Webb 2023, Journal of Econometrics 232:272–299). CR1: A⁻¹(Σ s_g s_g′)A⁻¹·G/(G−1)·(N−1)/(N−p).
    Raises ValueError for fewer than two clusters.
    """
    information, scores, blocks = fit.with_scores(clusters)
    size, p = scores.shape
    if size < 2:
        raise ValueError("the spread between clusters needs two of them")
    if correction == "CR1":
        n = len(fit.residuals)
        moved = scores @ _inverses(information[None])[0]
        factor = size / (size - 1) * (n - 1) / max(n - p, 1)
    else:
        moved = (_inverses(information - blocks) @ scores[:, :, None])[:, :, 0]
        factor = (size - 1) / size
    found: Floats = moved.T @ moved * factor
    return found


def _inverses(matrices: Floats) -> Floats:
    """The inverse of each matrix, shape (G, p, p); where there is none, of the matrix with a vanishing ridge.

    A generalized inverse would take eigenvectors, whose signs are the library's choice: opposite input would no longer
    give exactly opposite output.
    """
    import numpy

    scale = float(numpy.abs(matrices).max()) or 1.0
    found: Floats
    try:
        found = numpy.asarray(numpy.linalg.inv(matrices), dtype=numpy.float64)
    except numpy.linalg.LinAlgError:
        found = numpy.full_like(matrices, numpy.inf)
    if not numpy.isfinite(found).all() or numpy.abs(found).max() * scale > 1e11:
        ridged = matrices + 1e-9 * scale * numpy.eye(matrices.shape[-1])
        found = numpy.asarray(numpy.linalg.inv(ridged), dtype=numpy.float64)
    return found


def t_quantile(df: float, confidence: float = 0.95) -> float:
    """The two-sided quantile of Student's t with `df` degrees of freedom, 1 or more; raises ValueError below."""
    from scipy.special import stdtrit

    if not (df >= 1 and 0 < confidence < 1):
        raise ValueError(f"no t quantile with {df} degrees of freedom at a confidence of {confidence}")
    return float(stdtrit(df, 1 - (1 - confidence) / 2))
