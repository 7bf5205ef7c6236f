# Writes tests/reference/review.json: this review's own syntheses, pooled by metafor.
#
#   Rscript validation/metafor/own_data.R          from the top of the repository
#
# The numbers are read from data/studies/*/reported.csv by this script itself, so that it also
# holds the selection of numbers and the effect sizes of the package against another reading.

suppressMessages({
  library(metafor)
  library(jsonlite)
})

studies <- c("gu-2026", "zhang-2025")
comparisons <- c("gu-2026" = "serplulimab-vs-chemotherapy", "zhang-2025" = "ici-vs-non-ici",
                 "dalian-2026" = "continued-vs-stopped")
experimental <- c("gu-2026" = "serplulimab", "zhang-2025" = "ici")
control <- c("gu-2026" = "chemotherapy", "zhang-2025" = "non-ici")
prior_ici <- c("gu-2026" = "", "zhang-2025" = "first_line_ici=yes")
tight <- list(threshold = 1e-14, maxiter = 100000)

reported <- lapply(setNames(names(comparisons), names(comparisons)), function(study) {
  read.csv(file.path("data/studies", study, "reported.csv"), colClasses = "character",
           na.strings = character(), encoding = "UTF-8")
})

printed <- function(study, ...) {
  rows <- reported[[study]]
  wanted <- list(...)
  for (name in names(wanted)) rows <- rows[rows[[name]] == wanted[[name]], ]
  values <- unique(rows$value)
  stopifnot(length(values) == 1)
  values
}

ratio <- function(study, outcome, subgroup, adjustment = "unadjusted") {
  where <- list(study, outcome = outcome, population = "whole", subgroup = subgroup,
                comparison = comparisons[[study]], adjustment = adjustment, method = "cox")
  hr <- as.numeric(do.call(printed, c(where, statistic = "hr")))
  ci <- do.call(printed, c(where, statistic = "ci95"))
  bounds <- as.numeric(regmatches(ci, gregexpr("[0-9.]+", ci))[[1]])
  c(log(hr), (log(bounds[2] / bounds[1]) / (2 * qnorm(0.975)))^2)
}

count <- function(study, arm, outcome) {
  as.numeric(printed(study, outcome = outcome, arm_id = arm, population = "whole", subgroup = "",
                     category = "", statistic = "n"))
}

pooled <- function(call, yi, vi, names = studies) {
  common <- rma(yi, vi, method = "EE")
  # from three studies on, the modified Knapp-Hartung interval
  test <- if (length(yi) > 2) "adhoc" else "z"
  random <- rma(yi, vi, method = "REML", test = test, control = tight)
  list(call = call, studies = names, yi = yi, vi = vi,
       common = as.numeric(c(common$beta, common$ci.lb, common$ci.ub)),
       random = as.numeric(c(random$beta, random$ci.lb, random$ci.ub)),
       tau2 = random$tau2, q = random$QE)
}

hazard_ratios <- function(outcome, subgroups) {
  effects <- sapply(studies, function(study) ratio(study, outcome, subgroups[[study]]))
  pooled("rma(log HR, variance of the interval)", effects[1, ], effects[2, ])
}

# The estimates of patients who all had the drug before; dalian-2026 does not say whether they are adjusted.
after <- function(outcome, subgroups, names) {
  effects <- sapply(names, function(study)
    ratio(study, outcome, if (study == "zhang-2025") subgroups[[study]] else "",
          if (study == "dalian-2026") "" else "unadjusted"))
  pooled("rma(log HR, variance of the interval)", effects[1, ], effects[2, ], names)
}

# The second report of zhang-2025 prints percentages of 118 and 93 patients.
percents <- function(arm, outcome) {
  size <- as.numeric(printed("zhang-2025", population = "after-ici", arm_id = arm,
                             outcome = "participants", statistic = "n"))
  percent <- as.numeric(printed("zhang-2025", population = "after-ici", arm_id = arm,
                                outcome = outcome, statistic = "percent"))
  c(round(percent * size / 100), size)
}

whole_counts <- function(outcome) sapply(studies, function(study) c(
  count(study, experimental[[study]], outcome), count(study, experimental[[study]], "participants"),
  count(study, control[[study]], outcome), count(study, control[[study]], "participants")))

after_counts <- function(outcome) {
  counts <- whole_counts(outcome)
  counts[, "zhang-2025"] <- c(percents("ici", outcome), percents("non-ici", outcome))
  counts
}

two_arms <- function(outcome, measure, counts = whole_counts(outcome)) {
  effects <- escalc(measure, ai = counts[1, ], n1i = counts[2, ], ci = counts[3, ], n2i = counts[4, ])
  found <- pooled(sprintf("escalc(%s), rma", measure), as.numeric(effects$yi), as.numeric(effects$vi))
  # its yi and vi of single studies, infinite without a correction, are not used here
  mh <- suppressWarnings(rma.mh(ai = counts[1, ], n1i = counts[2, ], ci = counts[3, ], n2i = counts[4, ],
               measure = measure, add = 0, to = "none", drop00 = TRUE))
  c(found, list(exact = as.numeric(c(mh$beta, mh$ci.lb, mh$ci.ub))))
}

none <- setNames(c("", ""), studies)
cases <- list(
  "pfs-ici.log_hr" = hazard_ratios("pfs", none),
  "os-ici.log_hr" = hazard_ratios("os", none),
  "os-ici-after-ici.log_hr" = after("os", prior_ici, c("dalian-2026", "gu-2026", "zhang-2025")),
  "pfs-ici-after-ici.log_hr" = after("pfs", prior_ici, c("dalian-2026", "gu-2026"))
)
for (outcome in c("orr", "rash", "hypothyroidism"))
  for (measure in list(c("OR", "log_or"), c("RR", "log_rr"), c("RD", "rd")))
    cases[[sprintf("%s-ici.%s", outcome, measure[2])]] <- two_arms(outcome, measure[1])

cases[["dcr-ici.rd"]] <- two_arms("dcr", "RD") # a ratio needs patients without the event
for (measure in list(c("OR", "log_or"), c("RR", "log_rr"), c("RD", "rd")))
  cases[[sprintf("orr-ici-after-ici.%s", measure[2])]] <- two_arms("orr", measure[1], after_counts("orr"))
cases[["dcr-ici-after-ici.rd"]] <- two_arms("dcr", "RD", after_counts("dcr"))

source <- list(package = "metafor", version = as.character(packageVersion("metafor")),
               r = paste(R.version$major, R.version$minor, sep = "."),
               script = "validation/metafor/own_data.R")
text <- toJSON(list(source = source, cases = cases), digits = I(17), auto_unbox = TRUE, pretty = TRUE)
writeLines(text, "tests/reference/review.json")
cat("review", length(cases), "cases\n")
