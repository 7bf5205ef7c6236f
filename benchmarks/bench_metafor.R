# Times metafor on the data that bench_synthesis.py wrote, in the same run.
#
#   Rscript benchmarks/bench_metafor.R <file> <repeats>
#
# <file>: one data set per line, k estimates then k variances.  Prints one line per repeat:
# seconds per data set for rma() alone, then for rma(), confint() and predict() together.

suppressMessages(library(metafor))
arguments <- commandArgs(trailingOnly = TRUE)
data <- as.matrix(read.csv(arguments[1], header = FALSE))
k <- ncol(data) / 2
n <- nrow(data)
invisible(rma(data[1, 1:k], data[1, k + 1:k], test = "knha"))
for (round in seq_len(as.integer(arguments[2]))) {
  start <- proc.time()[["elapsed"]]
  for (i in seq_len(n)) rma(data[i, 1:k], data[i, k + 1:k], method = "REML", test = "knha")
  plain <- proc.time()[["elapsed"]] - start
  start <- proc.time()[["elapsed"]]
  for (i in seq_len(n)) {
    fit <- rma(data[i, 1:k], data[i, k + 1:k], method = "REML", test = "knha")
    confint(fit)
    predict(fit)
  }
  complete <- proc.time()[["elapsed"]] - start
  cat(plain / n, complete / n, as.character(packageVersion("metafor")), "\n")
}
