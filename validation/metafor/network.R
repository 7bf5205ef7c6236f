# Writes tests/reference/network.json: networks of treatments by metafor's rma.mv, contrasts of one
# study with their block covariance.
#
#   Rscript validation/metafor/network.R          from the top of the repository
#
# Debian and Ubuntu: apt-get install r-base-core r-cran-metafor r-cran-metadat r-cran-jsonlite

suppressMessages({
  library(metafor)
  library(jsonlite)
})

tight <- list(optimizer = "optim", optmethod = "BFGS", reltol = 1e-16, maxit = 10000)
senn <- with(dat.senn2013, data.frame(study = study, treatment = treatment, y = mi, v = sdi^2 / ni))
smoking <- with(dat.hasselblad1998, data.frame(study = study, treatment = trt, xi = xi, ni = ni))
zero <- ave(smoking$xi == 0 | smoking$xi == smoking$ni, smoking$study, FUN = any) # as escalc's "only0"
smoking$y <- with(smoking, log((xi + zero / 2) / (ni - xi + zero / 2)))
smoking$v <- with(smoking, 1 / (xi + zero / 2) + 1 / (ni - xi + zero / 2))

# ---- every contrast of every study, and those with its first arm with their covariance ------------
pairs <- function(arms) do.call(rbind, lapply(split(arms, arms$study), function(a) {
  at <- t(combn(nrow(a), 2))
  data.frame(study = a$study[at[, 1]], treatment1 = a$treatment[at[, 1]],
             treatment2 = a$treatment[at[, 2]], yi = a$y[at[, 1]] - a$y[at[, 2]],
             vi = a$v[at[, 1]] + a$v[at[, 2]])
}))

rows <- function(arms) {
  all <- sort(unique(arms$treatment))
  blocks <- lapply(split(arms, arms$study), function(a) {
    a <- a[order(a$treatment), ]
    k <- nrow(a) - 1
    x <- outer(a$treatment[-1], all, "==") - outer(rep(a$treatment[1], k), all, "==")
    list(study = a$study[-1], arm = seq_len(k), y = a$y[-1] - a$y[1], x = x,
         v = diag(a$v[-1], k) + a$v[1], design = rep(paste(a$treatment, collapse = ":"), k))
  })
  x <- do.call(rbind, lapply(blocks, `[[`, "x"))
  colnames(x) <- all
  list(study = unlist(lapply(blocks, `[[`, "study")), arm = unlist(lapply(blocks, `[[`, "arm")),
       y = unlist(lapply(blocks, `[[`, "y")), x = x, design = unlist(lapply(blocks, `[[`, "design")),
       v = lapply(blocks, `[[`, "v"))
}

fit <- function(r, x, tau2 = NA) {
  data <- data.frame(y = r$y, study = factor(r$study, unique(r$study)), arm = factor(r$arm))
  if (identical(tau2, 0)) return(rma.mv(y, bldiag(r$v), mods = x, intercept = FALSE, data = data))
  rma.mv(y, bldiag(r$v), mods = x, intercept = FALSE, data = data, random = ~ arm | study,
         struct = "CS", rho = 0.5, tau2 = tau2, control = tight)
}

moments <- function(r, x) { # the generalised moment estimate, from its definition with whole matrices
  v <- bldiag(r$v)
  g <- outer(r$study, r$study, "==") / 2 + diag(length(r$y)) / 2
  w <- solve(v)
  p <- w - w %*% x %*% solve(t(x) %*% w %*% x) %*% t(x) %*% w
  q <- c(t(r$y) %*% p %*% r$y)
  max(0, (q - (length(r$y) - ncol(x))) / sum(diag(p %*% g)))
}

residual <- function(r, x, tau2) { # y'Py, with tau2 in the weights
  g <- outer(r$study, r$study, "==") / 2 + diag(length(r$y)) / 2
  w <- solve(bldiag(r$v) + tau2 * g)
  c(t(r$y) %*% (w - w %*% x %*% solve(t(x) %*% w %*% x) %*% t(x) %*% w) %*% r$y)
}

numbers <- function(x) I(as.numeric(x))
told <- function(m) list(beta = numbers(coef(m)), se = numbers(m$se), q = m$QE, df = m$k - m$p)

network <- function(name, arms) {
  arms$treatment <- as.character(arms$treatment)
  r <- rows(arms)
  x <- r$x[, -1]
  each <- model.matrix(~ 0 + factor(r$design, unique(r$design)))
  own <- do.call(cbind, lapply(seq_len(ncol(each)), function(j) x * each[, j]))
  own <- cbind(own, r$x[, 1] * 0)
  own <- own[, qr(own)$pivot[seq_len(qr(own)$rank)]]
  tau2 <- moments(r, x)
  reml <- fit(r, x)
  list(set = name, contrasts = pairs(arms), treatments = I(colnames(r$x)),
       call = "rma.mv(y, V, mods = x, intercept = FALSE, random = ~ arm | study, struct = 'CS', rho = 0.5)",
       common = told(fit(r, x, 0)), within = told(fit(r, own, 0)), within_tau2 = moments(r, own),
       between_random = residual(r, x, moments(r, own)) - residual(r, own, moments(r, own)),
       dl = c(list(tau2 = tau2), told(fit(r, x, tau2))),
       reml = c(list(tau2 = reml$tau2), told(reml)))
}

# Indirect evidence on a pair that only studies of two arms compare: the network without them.
without <- function(arms, first, second, tau2) {
  designs <- tapply(arms$treatment, arms$study, function(t) paste(sort(t), collapse = ":"))
  gone <- names(designs)[designs == paste(first, second, sep = ":")]
  m <- fit(rows(arms[!arms$study %in% gone, ]), rows(arms[!arms$study %in% gone, ])$x[, -1], tau2)
  l <- setNames(numeric(length(coef(m))), names(coef(m)))
  l[first] <- 1
  l[second] <- -1
  list(first = first, second = second, mean = sum(l * coef(m)), se = sqrt(c(t(l) %*% vcov(m) %*% l)))
}

senn_tau2 <- moments(rows(senn), rows(senn)$x[, -1])
additive <- local({ # as if metformin held a component a, rosiglitazone a and b, and sulfonylurea b
  arms <- senn[senn$treatment %in% c("metformin", "rosiglitazone", "sulfonylurea", "placebo"), ]
  arms <- arms[arms$study %in% names(which(table(arms$study) > 1)), ]
  r <- rows(arms)
  holds <- cbind(a = c(metformin = 1, placebo = 0, rosiglitazone = 1, sulfonylurea = 0)[colnames(r$x)],
                 b = c(0, 0, 1, 1))
  x <- r$x %*% holds
  tau2 <- moments(r, x)
  list(set = "additive", contrasts = pairs(arms), call = "the same, on x %*% components",
       components = I(c("a", "b")), dl = c(list(tau2 = tau2), told(fit(r, x, tau2))),
       common = told(fit(r, x, 0)))
})
cases <- list(network("senn2013", senn), network("hasselblad1998", smoking), additive,
              list(set = "indirect", indirect = list(
                without(senn, "pioglitazone", "rosiglitazone", senn_tau2),
                without(senn, "metformin", "sulfonylurea", senn_tau2),
                without(senn, "rosiglitazone", "sulfonylurea", senn_tau2))))
source <- list(package = "metafor", version = as.character(packageVersion("metafor")),
               r = paste(R.version$major, R.version$minor, sep = "."),
               script = "validation/metafor/network.R",
               control = "BFGS, reltol = 1e-16")
writeLines(toJSON(list(source = source, cases = cases), digits = I(17), auto_unbox = TRUE, na = "null",
                  pretty = TRUE), "tests/reference/network.json")
cat("network", length(cases), "cases\n")
