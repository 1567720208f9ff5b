/* The core model in C: a loop over every person and every contact in every hour, and no more thought than that.

   What it computes stands in core.py; the order of `struct numbers` and of the counts is that of c_loop.py. */

#include <math.h>
#include <stdint.h>
#include <stdlib.h>

enum { FIRST, ENGAGED, PRIVATE, OFF };
enum { RECOGNISE, FADE, LEAVE, GO_ON };
enum { VISITS, APPROACHES, TO_ENGAGED, TO_PRIVATE, TO_OFF, HARMS, RECOGNISED, REPORTS, REVIEWS, BARS, N_COUNTS };

struct numbers {
    int64_t n_users[5], n_predators[5];
    double user_rates[5], predator_rates[5], weights[168];
    double user_stay, predator_stay;
    int64_t longest;
    double approaches;
    int64_t places;
    double hazards[4][4], p_over, p_report[3];
    int64_t message_hours;
    double p_find[2], reviews[168], p_known, bar_hours;
};

struct person { int32_t leaves, barred_until; uint8_t rate; uint8_t live; };
struct contact { int32_t predator, target; int8_t stage, knowing; double due; };
struct report { int32_t hour, predator, until; };

struct chat {
    struct numbers core;
    uint64_t random;
    int64_t counts[N_COUNTS];
    int32_t hour, n_users, n_persons, n_online;
    struct person *persons; /* the lawful ones first */
    int32_t *online;
    struct contact *contacts;
    struct report *queue;
    int64_t n_contacts, room_contacts, first_report, n_reports, room_reports;
    double credit;
};

static double uniform(struct chat *c) { /* SplitMix64, in [0, 1) */
    uint64_t z = (c->random += 0x9E3779B97F4A7C15u);
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return ((z ^ (z >> 31)) >> 11) * 0x1p-53;
}

static double exponential(struct chat *c) { return -log(1 - uniform(c)); }

static int stay(struct chat *c, double mean) {
    double hours = 1 + floor(exponential(c) / -log(1 - 1 / mean));
    return hours < c->core.longest ? (int)hours : (int)c->core.longest;
}

static int poisson(struct chat *c, double mean) {
    int n = 0;
    for (double product = uniform(c), limit = exp(-mean); product > limit; product *= uniform(c)) n++;
    return n;
}

struct chat *chat_new(const struct numbers *core, uint64_t seed) {
    struct chat *c = calloc(1, sizeof *c);
    c->core = *core;
    c->random = seed * 0xD1342543DE82EF95u + 1;
    for (int r = 0; r < 5; r++) c->n_users += core->n_users[r], c->n_persons += core->n_users[r] + core->n_predators[r];
    c->persons = calloc(c->n_persons, sizeof *c->persons);
    c->online = malloc(c->n_users * sizeof *c->online);
    struct person *next = c->persons;
    for (int r = 0; r < 5; r++) for (int64_t i = 0; i < core->n_users[r]; i++) next++->rate = r;
    for (int r = 0; r < 5; r++) for (int64_t i = 0; i < core->n_predators[r]; i++) next++->rate = r;
    return c;
}

void chat_free(struct chat *c) {
    free(c->persons), free(c->online), free(c->contacts), free(c->queue), free(c);
}

static void visits(struct chat *c) {
    double p[2][5], weight = c->core.weights[c->hour % 168];
    for (int r = 0; r < 5; r++) {
        p[0][r] = 1 - exp(-c->core.user_rates[r] * weight);
        p[1][r] = 1 - exp(-c->core.predator_rates[r] * weight);
    }
    c->n_online = 0;
    for (int32_t i = 0; i < c->n_persons; i++) {
        struct person *who = &c->persons[i];
        int predator = i >= c->n_users;
        if (who->barred_until <= c->hour && uniform(c) < p[predator][who->rate]) {
            int32_t end = c->hour + stay(c, predator ? c->core.predator_stay : c->core.user_stay);
            if (who->leaves < end) who->leaves = end;
            c->counts[VISITS] += !predator;
        }
        if (!predator && who->leaves > c->hour) c->online[c->n_online++] = i;
    }
}

static void begin(struct chat *c, struct contact *k, int stage, double moment, int knowing) {
    const double *rates = c->core.hazards[stage];
    k->stage = stage, k->knowing = knowing;
    k->due = moment + exponential(c) / ((knowing ? 0 : rates[RECOGNISE]) + rates[FADE] + rates[LEAVE] + rates[GO_ON]);
}

static void approaches(struct chat *c) {
    for (int32_t i = c->n_users; c->n_online && i < c->n_persons; i++) {
        if (c->persons[i].leaves <= c->hour) continue;
        int n = poisson(c, c->core.approaches), free_places = (int)c->core.places - c->persons[i].live;
        for (; n > 0 && free_places > 0; n--, free_places--) {
            if (c->n_contacts == c->room_contacts) {
                c->room_contacts = 2 * c->room_contacts + 64;
                c->contacts = realloc(c->contacts, c->room_contacts * sizeof *c->contacts);
            }
            struct contact *k = &c->contacts[c->n_contacts++];
            k->predator = i, k->target = c->online[(int32_t)(uniform(c) * c->n_online)];
            begin(c, k, FIRST, c->hour + uniform(c), 0);
            c->persons[i].live++, c->counts[APPROACHES]++;
        }
    }
}

static void report(struct chat *c, int32_t predator) {
    if (c->first_report + c->n_reports == c->room_reports) {
        c->room_reports = 2 * c->room_reports + 64;
        c->queue = realloc(c->queue, c->room_reports * sizeof *c->queue);
    }
    c->queue[c->first_report + c->n_reports++] =
        (struct report){c->hour, predator, c->persons[predator].leaves};
    c->counts[REPORTS]++;
}

static int ring(struct chat *c, struct contact *k) { /* whether the contact is over */
    const double *rates = c->core.hazards[k->stage];
    double recognise = k->knowing ? 0 : rates[RECOGNISE];
    double u = uniform(c) * (recognise + rates[FADE] + rates[LEAVE] + rates[GO_ON]);
    if (u < recognise) {
        c->counts[RECOGNISED]++;
        if (k->stage < OFF && uniform(c) < c->core.p_report[k->stage]) report(c, k->predator);
        if (uniform(c) < c->core.p_over) return 1;
        begin(c, k, k->stage, k->due, 1);
    } else if (u < recognise + rates[FADE]) {
        return 1;
    } else if (u < recognise + rates[FADE] + rates[LEAVE]) {
        c->counts[TO_OFF]++, c->persons[k->predator].live--;
        begin(c, k, OFF, c->hour + 1, 0);
    } else if (k->stage < PRIVATE) {
        c->counts[TO_ENGAGED + k->stage]++;
        begin(c, k, k->stage + 1, k->due, 0);
    } else {
        c->counts[HARMS]++;
        return 1;
    }
    return 0;
}

static void contacts(struct chat *c) {
    int64_t kept = 0;
    for (int64_t i = 0; i < c->n_contacts; i++) {
        struct contact k = c->contacts[i];
        int over = k.stage < OFF &&
                   (c->persons[k.predator].leaves <= c->hour || c->persons[k.target].leaves <= c->hour);
        while (!over && k.due < c->hour + 1) over = ring(c, &k);
        if (!over) c->contacts[kept++] = k;
        else if (k.stage < OFF) c->persons[k.predator].live--;
    }
    c->n_contacts = kept;
}

static void reviews(struct chat *c) {
    double gained = c->core.reviews[c->hour % 168];
    if (gained == 0) return;
    for (c->credit += gained; c->credit >= 1 && c->n_reports; c->credit--) {
        struct report r = c->queue[c->first_report++];
        struct person *who = &c->persons[r.predator];
        c->n_reports--, c->counts[REVIEWS]++;
        if (uniform(c) >= c->core.p_find[c->hour - r.hour >= c->core.message_hours]) continue;
        c->counts[BARS]++;
        int32_t until = r.until;
        if (uniform(c) < c->core.p_known) until = c->hour + 2 + (int32_t)(exponential(c) * c->core.bar_hours);
        if (until > c->hour + 1) {
            if (until > who->barred_until) who->barred_until = until;
            if (who->leaves > c->hour + 1) who->leaves = c->hour + 1;
        }
    }
    if (!c->n_reports) c->credit = fmod(c->credit, 1), c->first_report = 0;
}

void chat_run(struct chat *c, int64_t hours, int64_t *counts) {
    for (; hours > 0; hours--, c->hour++) {
        visits(c);
        approaches(c);
        contacts(c);
        reviews(c);
    }
    for (int i = 0; i < N_COUNTS; i++) counts[i] = c->counts[i];
}
