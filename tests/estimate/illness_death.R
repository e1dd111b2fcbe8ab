# R 4.2.2, msm 1.7: the values of R in test_illness_death.py, from illness_death.csv.
# Rscript tests/estimate/illness_death.R
library(msm)
records <- read.csv("tests/estimate/illness_death.csv")
long <- do.call(rbind, lapply(seq_len(nrow(records)), function(i) with(records[i, ], {
  end <- if (died == 1) 3 else if (is.na(seen)) 99 else 2
  rows <- data.frame(id = i, days = c(entry, last_free, seen, exit), state = c(1, 1, 2, end))
  rows <- rows[!is.na(rows$days), ]
  rows[c(TRUE, diff(rows$days) > 0), ]
})))
start <- rbind(c(0, 1e-3, 1e-4), c(0, 0, 1e-3), c(0, 0, 0))
fit <- msm(state ~ days, subject = id, data = long, qmatrix = start, deathexact = 3, censor = 99,
           censor.states = c(1, 2), pci = 400, method = "BFGS",
           control = list(reltol = 1e-15, maxit = 5000, fnscale = 1000))
options(digits = 12)
print(fit$minus2loglik / -2)
pieces <- lapply(c("[-Inf,400)", "[400,Inf)"), function(p) list(timeperiod = p))
for (piece in pieces) {
  q <- qmatrix.msm(fit, covariates = piece, ci = "delta")
  print(cbind(estimate = q$estimates[cbind(c(1, 1, 2), c(2, 3, 3))],
              se = q$SE[cbind(c(1, 1, 2), c(2, 3, 3))]))
}
for (t in c(365, 731)) print(pmatrix.piecewise.msm(fit, 0, t, 400, pieces)[1, 1])
