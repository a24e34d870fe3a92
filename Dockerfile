# glibc and CA certificates: the Temporal SDK's native part needs both. The release workflow notes the digest that this tag had.
FROM node:22.23.3-bookworm-slim AS base
RUN apt-get update \
    && apt-get install -y --no-install-recommends ca-certificates \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /app

FROM base AS build
COPY package.json package-lock.json ./
# Without scripts: that of `npm ci` prepares a first start from the sources, which are not here.
RUN npm ci --ignore-scripts
COPY . .
# What runs is the code and its production packages; the SDK brings its native part for five platforms, of which one is this image's.
RUN npm run build \
    && npm prune --omit=dev \
    && find node_modules/@temporalio/core-bridge/releases -mindepth 1 -maxdepth 1 ! -name "$(uname -m)-unknown-linux-gnu" -exec rm -rf {} +

FROM base
ARG VERSION=
LABEL org.opencontainers.image.title=tiktok-purchase-relay \
    org.opencontainers.image.licenses=Apache-2.0 \
    org.opencontainers.image.version=$VERSION
ENV NODE_ENV=production HOST=0.0.0.0 PORT=3000
# Nothing is installed or built in a container.
RUN rm -rf /usr/local/lib/node_modules /usr/local/bin/npm /usr/local/bin/npx /usr/local/bin/corepack /opt/yarn* /usr/local/bin/yarn*
COPY --from=build /app/package.json ./
COPY --from=build /app/node_modules ./node_modules
COPY --from=build /app/dist ./dist
COPY deploy/image/relay /usr/local/bin/relay
# `node`, by its number, so that Kubernetes can see that it is not root. It owns none of the files, and needs to write none.
USER 1000:1000
EXPOSE 3000 9464
# For web; of a worker it is `relay health 9464`.
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 CMD ["relay", "health"]
# `relay worker`, `relay migrate`, `relay report` …: docs/operations.md
ENTRYPOINT ["relay"]
CMD ["web"]
