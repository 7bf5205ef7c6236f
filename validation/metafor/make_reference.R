# Writes tests/reference/*.json: what metafor gives on public data sets, with tight settings.
#
#   Rscript validation/metafor/make_reference.R          from the top of the repository
#
# Debian and Ubuntu: apt-get install r-base-core r-cran-metafor r-cran-lme4 r-cran-jsonlite
# Every case keeps the call that produced it; every file keeps the versions.

suppressMessages({
  library(metafor)
  library(jsonlite)
})

tight <- list(threshold = 1e-14, maxiter = 100000, tol = 1e-14)
out <- "tests/reference"
dir.create(out, showWarnings = FALSE, recursive = TRUE)

write_reference <- function(name, cases) {
  source <- list(
    package = "metafor", version = as.character(packageVersion("metafor")),
    r = paste(R.version$major, R.version$minor, sep = "."),
    lme4 = as.character(packageVersion("lme4")),
    script = "validation/metafor/make_reference.R",
    control = "threshold = 1e-14, maxiter = 100000, tol = 1e-14"
  )
  text <- toJSON(list(source = source, cases = cases),
                 digits = I(17), auto_unbox = TRUE, na = "null", pretty = TRUE)
  writeLines(text, file.path(out, paste0(name, ".json")))
  cat(name, length(cases), "cases\n")
}

number <- function(x) as.numeric(x)   # drops names and attributes
vector_ <- function(x) I(as.numeric(x)) # stays an array in JSON, whatever its length

# ---- data ----------------------------------------------------------------------------------
bcg_counts <- dat.bcg
nielweise_counts <- dat.nielweise2007
yusuf_counts <- subset(dat.yusuf1985, table == 6 & !is.na(ai))
bcg <- escalc("RR", ai = tpos, bi = tneg, ci = cpos, di = cneg, data = dat.bcg)
write.csv(dat.bcg, file.path(out, "dat.bcg.csv"), row.names = FALSE) # a review is begun from it
hackshaw <- dat.hackshaw1998
nielweise <- escalc("OR", ai = ai, n1i = n1i, ci = ci, n2i = n2i, data = dat.nielweise2007)
pritz <- escalc("PLO", xi = xi, ni = ni, data = dat.pritz1997)
debruin <- escalc("PLO", xi = xi, ni = ni, data = dat.debruin2009)
yusuf <- escalc("OR", ai = ai, n1i = n1i, ci = ci, n2i = n2i, data = yusuf_counts)
sets <- list(bcg = bcg, hackshaw = hackshaw, nielweise = nielweise, pritz = pritz,
             debruin = debruin, yusuf = yusuf)

# ---- effect sizes: every measure under every rule for zero cells ------------------------------
set2x2 <- list(a = c(0, 0, 5, 12, 7, 10), n1 = c(10, 12, 20, 30, 7, 10),
               c = c(0, 3, 0, 8, 5, 10), n2 = c(11, 15, 22, 28, 9, 10))
set1 <- list(x = c(0, 3, 10, 7, 25), n = c(12, 9, 10, 30, 60))
setir <- list(x = c(0, 4, 10, 33), t = c(100, 250.5, 80, 1200))
set2ir <- list(x1 = c(0, 4, 0, 9), t1 = c(100, 250.5, 80, 400),
               x2 = c(2, 6, 0, 15), t2 = c(90, 240, 85.5, 420))
setmd <- list(m1 = c(10, 12.5, 9), sd1 = c(2, 3, 2.5), n1 = c(20, 35, 12),
              m2 = c(9, 12.0, 11), sd2 = c(2.2, 2.8, 2.1), n2 = c(22, 33, 15))
cases <- list()
for (measure in c("OR", "RR", "RD", "PETO")) for (to in c("only0", "all", "if0all", "none"))
  for (drop00 in c(FALSE, TRUE)) {
    d <- suppressWarnings(escalc(measure, ai = set2x2$a, n1i = set2x2$n1, ci = set2x2$c,
                                 n2i = set2x2$n2, to = to, drop00 = drop00))
    cases[[length(cases) + 1]] <- list(
      call = sprintf("escalc(%s, to = %s, drop00 = %s)", measure, to, drop00),
      measure = measure, to = to, drop00 = drop00, data = set2x2,
      yi = vector_(d$yi), vi = vector_(d$vi))
  }
for (measure in c("PR", "PLN", "PLO", "PAS", "PFT")) for (to in c("only0", "all", "if0all", "none")) {
  d <- suppressWarnings(escalc(measure, xi = set1$x, ni = set1$n, to = to))
  cases[[length(cases) + 1]] <- list(
    call = sprintf("escalc(%s, to = %s)", measure, to), measure = measure, to = to,
    drop00 = FALSE, data = set1, yi = vector_(d$yi), vi = vector_(d$vi))
}
for (measure in c("IR", "IRLN", "IRS")) for (to in c("only0", "all", "if0all", "none")) {
  d <- suppressWarnings(escalc(measure, xi = setir$x, ti = setir$t, to = to))
  cases[[length(cases) + 1]] <- list(
    call = sprintf("escalc(%s, to = %s)", measure, to), measure = measure, to = to,
    drop00 = FALSE, data = setir, yi = vector_(d$yi), vi = vector_(d$vi))
}
for (to in c("only0", "all", "if0all", "none")) for (drop00 in c(FALSE, TRUE)) {
  d <- suppressWarnings(escalc("IRR", x1i = set2ir$x1, t1i = set2ir$t1, x2i = set2ir$x2,
                               t2i = set2ir$t2, to = to, drop00 = drop00))
  cases[[length(cases) + 1]] <- list(
    call = sprintf("escalc(IRR, to = %s, drop00 = %s)", to, drop00), measure = "IRR", to = to,
    drop00 = drop00, data = set2ir, yi = vector_(d$yi), vi = vector_(d$vi))
}
for (measure in c("MD", "SMD")) {
  d <- escalc(measure, m1i = setmd$m1, sd1i = setmd$sd1, n1i = setmd$n1, m2i = setmd$m2,
              sd2i = setmd$sd2, n2i = setmd$n2, vtype = "LS")
  cases[[length(cases) + 1]] <- list(call = sprintf("escalc(%s)", measure), measure = measure,
    to = "none", drop00 = FALSE, data = setmd, yi = vector_(d$yi), vi = vector_(d$vi))
}
pft <- escalc("PFT", xi = set1$x, ni = set1$n)
cases[[length(cases) + 1]] <- list(call = "transf.ipft(yi, ni)", measure = "back", to = "none",
  drop00 = FALSE, data = list(yi = vector_(pft$yi), n = set1$n),
  yi = vector_(transf.ipft(pft$yi, set1$n)), vi = vector_(pft$vi))
write_reference("effect_sizes", cases)

# ---- common and random effects: data set x estimator x interval ------------------------------
summary_of <- function(fit) list(
  mean = number(fit$beta), se = fit$se, statistic = fit$zval, pval = fit$pval,
  ci_lower = fit$ci.lb, ci_upper = fit$ci.ub, i2 = fit$I2, h2 = fit$H2,
  q = fit$QE, q_pval = fit$QEp, k = fit$k)
cases <- list()
for (set in names(sets)) {
  d <- list(yi = vector_(sets[[set]]$yi), vi = vector_(sets[[set]]$vi))
  fit <- rma(yi, vi, data = sets[[set]], method = "EE")
  cases[[length(cases) + 1]] <- list(call = "rma(method = EE)", set = set, estimator = "common",
    interval = "z", data = d, expected = summary_of(fit))
  for (method in c("REML", "ML", "PM", "DL", "HE", "EB", "SJ")) for (test in c("z", "knha", "adhoc")) {
    fit <- rma(yi, vi, data = sets[[set]], method = method, test = test, control = tight)
    profile <- confint(fit, control = list(tol = 1e-14, maxiter = 100000, tau2.max = 1e4))$random
    prediction <- predict(fit)
    cases[[length(cases) + 1]] <- list(
      call = sprintf("rma(method = %s, test = %s); confint(); predict()", method, test),
      set = set, estimator = tolower(method), interval = test,
      expected = c(summary_of(fit), list(
        tau2 = fit$tau2,
        tau2_lower = profile["tau^2", "ci.lb"], tau2_upper = profile["tau^2", "ci.ub"],
        i2_lower = profile["I^2(%)", "ci.lb"], i2_upper = profile["I^2(%)", "ci.ub"],
        pi_lower = prediction$pi.lb, pi_upper = prediction$pi.ub)))
  }
}
write_reference("univariate", cases)

# ---- Mantel-Haenszel and Peto ------------------------------------------------------------------
counts <- list(
  bcg = with(dat.bcg, list(a = tpos, n1 = tpos + tneg, c = cpos, n2 = cpos + cneg)),
  nielweise = with(nielweise_counts, list(a = ai, n1 = n1i, c = ci, n2 = n2i)),
  yusuf = with(yusuf_counts, list(a = ai, n1 = n1i, c = ci, n2 = n2i)))
cases <- list()
for (set in names(counts)) {
  d <- counts[[set]]
  for (measure in c("OR", "RR", "RD")) {
    fit <- suppressWarnings(rma.mh(measure = measure, ai = d$a, n1i = d$n1, ci = d$c, n2i = d$n2,
                                   correct = FALSE))
    cases[[length(cases) + 1]] <- list(
      call = sprintf("rma.mh(%s, correct = FALSE)", measure), set = set, measure = measure,
      data = d, weights = vector_(weights(fit)), expected = summary_of(fit))
  }
  fit <- suppressWarnings(rma.peto(ai = d$a, n1i = d$n1, ci = d$c, n2i = d$n2))
  cases[[length(cases) + 1]] <- list(call = "rma.peto()", set = set, measure = "PETO", data = d,
                                     weights = vector_(weights(fit)), expected = summary_of(fit))
}
write_reference("binary", cases)

# ---- binomial-normal model -----------------------------------------------------------------------
cases <- list()
for (set in c("pritz", "debruin")) {
  d <- sets[[set]]
  fit <- rma.glmm(measure = "PLO", xi = xi, ni = ni, data = d, nAGQ = 100,
                  control = list(optCtrl = list(maxfun = 100000)))
  cases[[length(cases) + 1]] <- list(
    call = "rma.glmm(measure = PLO, nAGQ = 100)", set = set,
    data = list(x = vector_(d$xi), n = vector_(d$ni)),
    expected = list(mean = number(fit$beta), se = fit$se, tau2 = fit$tau2,
                    ci_lower = fit$ci.lb, ci_upper = fit$ci.ub, q = fit$QE.LRT, q_pval = fit$QEp.LRT))
}
write_reference("binomial_normal", cases)

# ---- meta-regression -----------------------------------------------------------------------------
designs <- list(
  list(set = "bcg", formula = "~ ablat", columns = c("ablat")),
  list(set = "bcg", formula = "~ ablat + year", columns = c("ablat", "year")),
  list(set = "debruin", formula = "~ scq", columns = c("scq")))
cases <- list()
for (design in designs) for (method in c("REML", "ML", "PM", "DL", "HE", "EB", "SJ"))
  for (test in c("z", "knha", "adhoc")) {
    d <- sets[[design$set]]
    fit <- rma(yi, vi, mods = as.formula(design$formula), data = d, method = method, test = test,
               control = tight)
    cases[[length(cases) + 1]] <- list(
      call = sprintf("rma(mods = %s, method = %s, test = %s)", design$formula, method, test),
      set = design$set, formula = design$formula, estimator = tolower(method), interval = test,
      moderators = lapply(setNames(design$columns, design$columns), function(x) vector_(d[[x]])),
      expected = list(
        coefficients = vector_(fit$beta), se = vector_(fit$se), statistic = vector_(fit$zval),
        pval = vector_(fit$pval), ci_lower = vector_(fit$ci.lb), ci_upper = vector_(fit$ci.ub),
        tau2 = fit$tau2, i2 = fit$I2, h2 = fit$H2, qe = fit$QE, qe_pval = fit$QEp,
        qm = fit$QM, qm_pval = fit$QMp, r2 = if (is.null(fit$R2)) NA else fit$R2))
  }
write_reference("regression", cases)

# ---- diagnostics ---------------------------------------------------------------------------------
cases <- list()
for (set in names(sets)) for (test in c("z", "knha")) {
  d <- sets[[set]]
  # half steps: with full ones the scoring of some subsets never settles
  fit <- rma(yi, vi, data = d, method = "REML", test = test, control = c(tight, stepadj = 0.5))
  inf <- influence(fit)$inf
  left <- leave1out(fit)
  cumulated <- cumul(fit)
  cases[[length(cases) + 1]] <- list(
    call = sprintf("influence(), leave1out(), cumul() of rma(REML, %s)", test), set = set,
    interval = test,
    influence = lapply(list(rstudent = inf$rstudent, dffits = inf$dffits, cook = inf$cook.d,
                            cov_ratio = inf$cov.r, tau2_deleted = inf$tau2.del,
                            q_deleted = inf$QE.del, hat = inf$hat, weight = inf$weight), vector_),
    leave_one_out = lapply(list(mean = left$estimate, se = left$se, ci_lower = left$ci.lb,
                                ci_upper = left$ci.ub, tau2 = left$tau2, i2 = left$I2, q = left$Q), vector_),
    cumulative = lapply(list(mean = cumulated$estimate, se = cumulated$se, tau2 = cumulated$tau2), vector_))
}
write_reference("diagnostics", cases)

# ---- asymmetry -----------------------------------------------------------------------------------
cases <- list()
for (set in names(sets)) {
  d <- sets[[set]]
  classical <- regtest(d$yi, d$vi, model = "lm")
  mixed <- regtest(rma(yi, vi, data = d, control = tight), predictor = "sei")
  common <- rma(yi, vi, data = d, method = "EE")
  random <- rma(yi, vi, data = d, method = "REML", control = tight)
  filled <- list()
  for (model in c("common", "random")) for (estimator in c("L0", "R0")) for (side in c("left", "right")) {
    tf <- trimfill(if (model == "common") common else random, side = side, estimator = estimator,
                   control = tight)
    filled[[length(filled) + 1]] <- list(model = model, estimator = estimator, side = side,
      k0 = tf$k0, mean = number(tf$beta), se = tf$se, tau2 = tf$tau2)
  }
  cases[[length(cases) + 1]] <- list(
    call = "regtest(model = lm), regtest(rma), trimfill()", set = set,
    classical = list(statistic = classical$zval, pval = classical$pval, df = classical$dfs,
                     limit = classical$est),
    mixed = list(statistic = mixed$zval, pval = mixed$pval, limit = mixed$est),
    trim_and_fill = filled)
}
write_reference("asymmetry", cases)
