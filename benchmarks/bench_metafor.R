# Times metafor on the data that bench_synthesis.py wrote, in the same run.
#
#   Rscript benchmarks/bench_metafor.R <file> <repeats>
#
# <file>: one data set per line, k estimates then k variances.  Prints one line per repeat:
# processor seconds per data set for rma() alone, then for rma(), confint() and predict() together.

suppressMessages(library(metafor))
arguments <- commandArgs(trailingOnly = TRUE)
data <- as.matrix(read.csv(arguments[1], header = FALSE))
k <- ncol(data) / 2
n <- nrow(data)
cpu <- function() sum(proc.time()[1:2]) # processor time
invisible(rma(data[1, 1:k], data[1, k + 1:k], test = "knha"))
for (round in seq_len(as.integer(arguments[2]))) {
  start <- cpu()
  for (i in seq_len(n)) rma(data[i, 1:k], data[i, k + 1:k], method = "REML", test = "knha")
  plain <- cpu() - start
  start <- cpu()
  for (i in seq_len(n)) {
    fit <- rma(data[i, 1:k], data[i, k + 1:k], method = "REML", test = "knha")
    confint(fit)
    predict(fit)
  }
  complete <- cpu() - start
  cat(plain / n, complete / n, as.character(packageVersion("metafor")), "\n")
}
