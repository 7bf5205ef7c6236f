# Writes tests/reference/patient_level.json: Kaplan-Meier curves with every style of interval,
# medians, tests between curves, Cox models and the test of proportional hazards, as R's package
# survival gives them for its public data sets `lung` and `veteran` (patients in
# tests/reference/*.csv), and for six made-up patients whose curve lies exactly at one half.
#
#   Rscript validation/survival/make_patient_level.R          from the top of the repository
#
# Debian and Ubuntu: apt-get install r-base-core r-cran-survival r-cran-jsonlite

suppressMessages({
  library(survival)
  library(jsonlite)
})
numbers <- function(x) I(as.numeric(x))
styles <- c(plain = "plain", log = "log", `log-log` = "log-log", arcsine = "arcsin")

curve <- function(name, time, event, times) {
  bands <- lapply(styles, function(style) {
    fit <- survfit(Surv(time, event) ~ 1, conf.type = style)
    at <- summary(fit, times = times, extend = TRUE)
    whole <- summary(fit)$table
    list(lower = numbers(at$lower), upper = numbers(at$upper),
         median = numbers(whole[["median"]]),
         median_interval = numbers(c(whole[["0.95LCL"]], whole[["0.95UCL"]])))
  })
  fit <- survfit(Surv(time, event) ~ 1)
  follow <- survfit(Surv(time, 1 - event) ~ 1)
  list(name = name, time = numbers(time), event = numbers(event), times = numbers(times),
       rate = numbers(summary(fit, times = times, extend = TRUE)$surv),
       followup = numbers(summary(follow)$table[["median"]]), bands = bands)
}

between <- function(name, formula, data) {
  found <- survdiff(formula, data = data)
  list(name = name, statistic = numbers(found$chisq))
}

# Gehan's test is not in survdiff (its rho = 1 is Peto's); Cox's score test of a weighted model is
# not it either: the statistic is written out from its definition (Klein & Moeschberger, 7.3).
gehan <- function(time, event, group) {
  at <- sort(unique(time[event == 1]))
  n <- sapply(at, function(t) sum(time >= t)); d <- sapply(at, function(t) sum(time == t & event == 1))
  n1 <- sapply(at, function(t) sum(time >= t & group == 1))
  d1 <- sapply(at, function(t) sum(time == t & event == 1 & group == 1))
  score <- sum(n * (d1 - n1 * d / n))
  variance <- sum(n^2 * d * (n1 / n) * (1 - n1 / n) * (n - d) / pmax(n - 1, 1))
  numbers(score^2 / variance)
}

model <- function(name, formula, data, ties, zph = TRUE) {
  control <- coxph.control(eps = 1e-13, toler.chol = 1e-14, iter.max = 50)
  fit <- do.call(coxph, list(formula, data = data, ties = ties, control = control))
  whole <- summary(fit)
  out <- list(name = name, ties = ties, beta = numbers(coef(fit)), se = numbers(sqrt(diag(vcov(fit)))),
    wald_p = numbers(whole$coefficients[, "Pr(>|z|)"]),
    likelihood_ratio_p = numbers(whole$logtest[["pvalue"]]),
    wald_model_p = numbers(whole$waldtest[["pvalue"]]), score_p = numbers(whole$sctest[["pvalue"]]))
  if (zph) out$zph <- numbers(cox.zph(fit, transform = "km", terms = FALSE)$table[, "chisq"])
  out
}

lung <- lung[!is.na(lung$ph.ecog), ]
lung$died <- lung$status - 1
veteran$died <- veteran$status
small <- veteran[veteran$celltype == "smallcell", ]
half <- list(time = c(1, 2, 3, 5, 8, 13), event = c(1, 1, 1, 0, 1, 1))

# What a paper on the patients of `veteran` would print: arms, subgroup, univariable and
# multivariable models, interaction, as R gives it with its defaults.
paper <- function(d) {
  arm <- function(level) {
    at <- summary(survfit(Surv(time, died) ~ 1, data = d[d$trt == level, ], conf.type = "log"),
                  times = 100)
    whole <- at$table
    list(median = numbers(whole[["median"]]),
         median_interval = numbers(c(whole[["0.95LCL"]], whole[["0.95UCL"]])),
         rate = numbers(at$surv), rate_interval = numbers(c(at$lower, at$upper)))
  }
  ratios <- function(fit) {
    s <- summary(fit)
    list(names = names(coef(fit)), hr = numbers(exp(coef(fit))),
         lower = numbers(s$conf.int[, 3]), upper = numbers(s$conf.int[, 4]),
         p = numbers(s$coefficients[, 5]))
  }
  control <- coxph.control(eps = 1e-13, iter.max = 50)
  cox <- function(formula, data = d)
    do.call(coxph, list(formula, data = data, control = control))
  d$celltype <- factor(d$celltype, levels = c("squamous", "adeno", "large", "smallcell"))
  both <- cox(Surv(time, died) ~ trt * celltype)
  terms <- grep(":", names(coef(both)))
  wald <- coef(both)[terms] %*% solve(vcov(both)[terms, terms], coef(both)[terms])
  list(standard = arm(1), test = arm(2),
       log_rank_p = numbers(survdiff(Surv(time, died) ~ trt, data = d)$pvalue),
       trt = ratios(cox(Surv(time, died) ~ trt)),
       trt_likelihood_ratio_p = numbers(summary(cox(Surv(time, died) ~ trt))$logtest[["pvalue"]]),
       trt_smallcell = ratios(cox(Surv(time, died) ~ trt, d[d$celltype == "smallcell", ])),
       adjusted = ratios(cox(Surv(time, died) ~ trt + karno + celltype)),
       interaction_p = numbers(pchisq(wald, length(terms), lower.tail = FALSE)))
}

cases <- list(
  paper = paper(veteran),
  curves = list(
    curve("lung", lung$time, lung$died, c(100, 365, 700)),
    curve("smallcell", small$time, small$died, c(10, 50, 200)),
    curve("half", half$time, half$event, c(1, 4, 8))),
  tests = list(
    between("cells", Surv(time, died) ~ celltype, veteran),
    between("arms in cells", Surv(time, died) ~ trt + strata(celltype), veteran),
    list(name = "gehan", statistic = gehan(veteran$time, veteran$died, veteran$trt))),
  models = list(
    model("lung", Surv(time, died) ~ sex + age + ph.ecog, lung, "efron"),
    model("lung", Surv(time, died) ~ sex + age + ph.ecog, lung, "breslow"),
    model("smallcell", Surv(time, died) ~ trt + karno + age + diagtime + prior, small, "efron"),
    model("smallcell", Surv(time, died) ~ trt + karno + age + diagtime + prior, small, "breslow"),
    model("strata", Surv(time, died) ~ trt + karno + strata(celltype), veteran, "efron", FALSE),
    model("strata", Surv(time, died) ~ trt + karno + strata(celltype), veteran, "breslow", FALSE)))
source <- list(package = "survival", version = as.character(packageVersion("survival")),
  r = paste(R.version$major, R.version$minor, sep = "."),
  script = "validation/survival/make_patient_level.R")
writeLines(toJSON(c(list(source = source), cases), digits = I(17), auto_unbox = TRUE, na = "null"),
           "tests/reference/patient_level.json")
