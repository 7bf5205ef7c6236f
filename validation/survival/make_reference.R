# Writes tests/reference/survival.json: what R's package survival gives on its public data sets
# `lung` (by sex) and `veteran` (by treatment), whose patients are in tests/reference/*.csv.
#
#   Rscript validation/survival/make_reference.R          from the top of the repository
#
# Debian and Ubuntu: apt-get install r-base-core r-recommended r-cran-jsonlite

suppressMessages({
  library(survival)
  library(jsonlite)
})

vector_ <- function(x) I(as.numeric(x))

arms <- function(data, group, horizons, table_times) {
  fitted <- lapply(sort(unique(data[[group]])), function(level) {
    d <- data[data[[group]] == level, ]
    fit <- survfit(Surv(time, died) ~ 1, data = d, conf.type = "log-log")
    whole <- summary(fit)$table
    at <- summary(fit, times = table_times, extend = TRUE)
    list(
      level = level, n = nrow(d), events = sum(d$died),
      time = vector_(fit$time), survival = vector_(fit$surv), at_risk = vector_(fit$n.risk),
      median = whole[["median"]], median_lower = whole[["0.95LCL"]],
      median_upper = whole[["0.95UCL"]],
      table_times = vector_(table_times),
      # at risk at t: patients with time >= t, as under a printed curve
      table_at_risk = vector_(sapply(table_times, function(t) sum(d$time >= t))),
      table_survival = vector_(at$surv), table_lower = vector_(at$lower),
      table_upper = vector_(at$upper),
      horizons = vector_(horizons),
      restricted_mean = vector_(sapply(horizons, function(h)
        summary(fit, rmean = h)$table[["rmean"]])))
  })
  cox <- coxph(as.formula(paste("Surv(time, died) ~", group)), data = data)
  list(group = group, arms = fitted, log_hr = as.numeric(coef(cox)),
       log_hr_se = sqrt(as.numeric(vcov(cox))),
       call = sprintf("survfit(conf.type = log-log); summary(rmean); coxph(~ %s)", group))
}

lung$died <- lung$status == 2
veteran$died <- veteran$status == 1
cases <- list(
  c(list(set = "lung"), arms(lung, "sex", c(180, 365, 720), seq(0, 1000, by = 100))),
  c(list(set = "veteran"), arms(veteran, "trt", c(90, 180, 365), seq(0, 500, by = 50))))
source <- list(
  package = "survival", version = as.character(packageVersion("survival")),
  r = paste(R.version$major, R.version$minor, sep = "."),
  script = "validation/survival/make_reference.R", control = "Efron's ties in coxph")
text <- toJSON(list(source = source, cases = cases), digits = I(17), auto_unbox = TRUE,
               na = "null", pretty = FALSE)
writeLines(text, "tests/reference/survival.json")
cat("survival", length(cases), "cases\n")
