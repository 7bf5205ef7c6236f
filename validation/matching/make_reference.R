# Writes tests/reference/matching.json: the pairs that R's package MatchIt finds for the patients of
# tests/reference/veteran.csv and lung.csv, by one-to-one nearest neighbours without replacement on
# a logistic propensity score, for both scales, calipers in both units, and every order that has no
# random number in it.  Only the resulting pairs are kept.
#
#   Rscript validation/matching/make_reference.R          from the top of the repository
#
# Needs MatchIt 4.7 or newer (Debian's 4.5.1 ignores calipers) and r-cran-jsonlite.

suppressMessages({
  library(MatchIt)
  library(jsonlite)
})
stopifnot(packageVersion("MatchIt") >= "4.7")
read <- function(name) read.csv(file.path("tests/reference", paste0(name, ".csv")), comment.char = "#")

veteran <- read("veteran")
veteran$treated <- veteran$trt == 2
veteran$small <- veteran$celltype == "smallcell"
veteran$fit <- veteran$karno >= 60
veteran$before <- veteran$prior == 10
lung <- read("lung")
lung <- lung[!is.na(lung$ph.ecog), ]
lung$treated <- lung$sex == 2
lung$limited <- lung$ph.ecog >= 1
lung$older <- lung$age >= 65

sets <- list( # the treated are the smaller group where groups differ; "tied" has eight scores in all
  list(name = "veteran", data = veteran, covariates = c("karno", "age", "diagtime", "small", "before")),
  list(name = "tied", data = veteran, covariates = c("small", "fit", "before")),
  list(name = "lung", data = lung, covariates = c("age", "ph.ecog")),
  list(name = "lung tied", data = lung, covariates = c("older", "limited")))
calipers <- list(list(width = NULL, unit = "raw"), list(width = 0.02, unit = "raw"),
                 list(width = 0.02, unit = "sd"), list(width = 0.2, unit = "sd"))

run <- function(set, scale, caliper, order) {
  formula <- reformulate(set$covariates, "treated")
  fit <- glm(formula, data = set$data, family = binomial, control = list(epsilon = 1e-14))
  score <- if (scale == "logit") predict(fit) else fitted(fit)
  # twelve decimals, so that patients with equal covariates have equal scores on any machine
  arguments <- list(formula, data = set$data, method = "nearest", distance = round(score, 12),
                    ratio = 1, replace = FALSE, m.order = order)
  if (!is.null(caliper$width)) {
    arguments$caliper <- caliper$width
    arguments$std.caliper <- caliper$unit == "sd"
  }
  m <- suppressWarnings(do.call(matchit, arguments))
  rows <- match(rownames(m$match.matrix), rownames(set$data))
  with <- match(m$match.matrix[, 1], rownames(set$data))
  found <- !is.na(with)
  list(set = set$name, scale = scale, caliper = caliper$width, unit = caliper$unit, order = order,
       raw_caliper = if (is.null(caliper$width)) NULL else I(as.numeric(m$caliper)),
       treated = I(rows[found] - 1), controls = I(with[found] - 1))
}

cases <- list()
for (set in sets) for (scale in c("probability", "logit")) for (caliper in calipers)
  for (order in c("largest", "smallest", "closest", "data"))
    cases[[length(cases) + 1]] <- run(set, scale, caliper, order)
scores <- lapply(sets, function(set) {
  fit <- glm(reformulate(set$covariates, "treated"), data = set$data, family = binomial,
             control = list(epsilon = 1e-14))
  list(set = set$name, coefficients = I(as.numeric(coef(fit))))
})
source <- list(package = "MatchIt", version = as.character(packageVersion("MatchIt")),
  r = paste(R.version$major, R.version$minor, sep = "."),
  script = "validation/matching/make_reference.R")
writeLines(toJSON(list(source = source, scores = scores, cases = cases), digits = I(17),
                  auto_unbox = TRUE, null = "null"), "tests/reference/matching.json")
