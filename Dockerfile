# The same checkout and the same hashed lock as on a laptop. Not built where this was written: no engine.
FROM python:3.11-slim

RUN useradd --system --uid 10001 --home-dir /var/lib/cession cession \
 && install -d -o cession -g cession -m 0700 /var/lib/cession
WORKDIR /srv/cession
COPY requirements.lock ./
RUN python -m pip install --no-cache-dir --require-hashes -r requirements.lock
COPY . .
RUN python -m pip install --no-cache-dir --no-deps --no-build-isolation -e .

USER cession
VOLUME /var/lib/cession
ENV CESSION_VAR=/var/lib/cession PYTHONUNBUFFERED=1
ENTRYPOINT ["cession"]
CMD ["--help"]
