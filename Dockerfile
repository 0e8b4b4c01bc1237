# Everything that is needed to build stays in the first stage.
FROM node:20.19-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci
COPY . .
RUN npm run build && npm prune --omit=dev

FROM node:20.19-bookworm-slim
ENV NODE_ENV=production
WORKDIR /app
# What is written at all: signed audit checkpoints, a gateway's snapshot. A volume mounted here takes over the owner.
RUN install -d -o node -g node -m 0700 /var/lib/tourniquet
COPY --from=build /app/package.json ./
COPY --from=build /app/node_modules ./node_modules
COPY --from=build /app/dist ./dist
COPY --from=build /app/rules ./rules
USER node
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=3 CMD ["node", "dist/workers/health-check.js"]
ENTRYPOINT ["node"]
CMD ["dist/cli/main.js", "--help"]
