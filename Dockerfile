# The same checkout and the same pins as on a laptop, without the tools of its tests. Not built where this was
# written: no engine; the lock was installed and `cession` run in an empty environment.
FROM python:3.11-slim

RUN useradd --system --uid 10001 --home-dir /var/lib/cession cession \
 && install -d -o cession -g cession -m 0700 /var/lib/cession
WORKDIR /srv/cession
COPY requirements-runtime.lock ./
RUN python -m pip install --no-cache-dir --require-hashes -r requirements-runtime.lock
COPY . .
RUN python -m pip install --no-cache-dir --no-deps --no-build-isolation -e .

USER cession
VOLUME /var/lib/cession
ENV CESSION_VAR=/var/lib/cession PYTHONUNBUFFERED=1
ENTRYPOINT ["cession"]
CMD ["--help"]
