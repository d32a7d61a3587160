/*
 * pendulum: the damped, driven pendulum, a small simulation to scan parameters with.
 *
 *     theta'' = -sin(theta) - theta'/q + a cos(w t)
 *
 * usage: pendulum DRIVE [DAMPING [FREQUENCY]]      (a; q = 2; w = 2/3)
 *
 * Integrates 300 periods of the drive (Runge-Kutta, fourth order) and prints one line: the drive, the mean angular velocity, the
 * largest Lyapunov exponent (positive: chaos), and after how many periods of the drive the motion repeats itself (0: it does not).
 * Scanned from 0.9 to 1.5 the drive leads through period doublings into chaos and out of it, see G. L. Baker and
 * J. P. Gollub, Chaotic Dynamics. A run takes some 30 ms, each independent of the others: just the kind of task smap is for:
 *
 *     seq 0.9 0.001 1.5 | smap --procs auto build/examples/pendulum {} > scan.txt
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { SETTLE = 200, MEASURE = 100, STEPS = 400, LONGEST = 16 };

struct pendulum {
    double drive, damping, frequency;
};

/* Angle, velocity, and a small displacement of both that the flow stretches or shrinks. */
struct state {
    double angle, velocity, d_angle, d_velocity;
};

static struct state slope(const struct pendulum *p, const struct state *s, double t)
{
    return (struct state){
        .angle = s->velocity,
        .velocity = -sin(s->angle) - s->velocity / p->damping + p->drive * cos(p->frequency * t),
        .d_angle = s->d_velocity,
        .d_velocity = -cos(s->angle) * s->d_angle - s->d_velocity / p->damping,
    };
}

static struct state along(const struct state *s, const struct state *k, double h)
{
    return (struct state){ s->angle + h * k->angle, s->velocity + h * k->velocity, s->d_angle + h * k->d_angle,
                           s->d_velocity + h * k->d_velocity };
}

static struct state step(const struct pendulum *p, const struct state *s, double t, double h)
{
    struct state k1 = slope(p, s, t);
    struct state s2 = along(s, &k1, h / 2), k2 = slope(p, &s2, t + h / 2);
    struct state s3 = along(s, &k2, h / 2), k3 = slope(p, &s3, t + h / 2);
    struct state s4 = along(s, &k3, h), k4 = slope(p, &s4, t + h);
    struct state next = along(s, &k1, h / 6);

    next = along(&next, &k2, h / 3);
    next = along(&next, &k3, h / 3);
    return along(&next, &k4, h / 6);
}

/* One period of the drive; the displacement is scaled back to length 1. Returns the logarithm of what it grew by. */
static double period(const struct pendulum *p, struct state *s, int n)
{
    double length = 2 * M_PI / p->frequency;

    for (int i = 0; i < STEPS; i++)
        *s = step(p, s, (n + (double)i / STEPS) * length, length / STEPS);

    double grown = hypot(s->d_angle, s->d_velocity);

    s->d_angle /= grown;
    s->d_velocity /= grown;
    return log(grown);
}

/* The number of periods after which the velocities, seen once a period, come again. */
static int repeats_after(const double *velocity)
{
    for (int n = 1; n <= LONGEST; n++) {
        int i = n;

        while (i < MEASURE && fabs(velocity[i] - velocity[i - n]) < 1e-5)
            i++;
        if (i == MEASURE)
            return n;
    }
    return 0;
}

static double number(const char *text)
{
    char *end;
    double value = strtod(text, &end);

    if (end == text || *end || !isfinite(value)) {
        fprintf(stderr, "pendulum: not a number: %s\n", text);
        exit(2);
    }
    return value;
}

int main(int argc, char **argv)
{
    struct state s = { .angle = 0.2, .d_angle = 1 };
    double velocity[MEASURE], stretched = 0;

    if (argc < 2 || argc > 4) {
        fprintf(stderr, "usage: pendulum DRIVE [DAMPING [FREQUENCY]]\n");
        return 2;
    }

    struct pendulum p = { number(argv[1]), argc > 2 ? number(argv[2]) : 2, argc > 3 ? number(argv[3]) : 2.0 / 3 };

    for (int n = 0; n < SETTLE; n++)
        period(&p, &s, n);

    double begin = s.angle, time = MEASURE * 2 * M_PI / p.frequency;

    for (int n = 0; n < MEASURE; n++) {
        stretched += period(&p, &s, SETTLE + n);
        velocity[n] = s.velocity;
    }
    printf("%s %.4f %.4f %d\n", argv[1], (s.angle - begin) / time, stretched / time, repeats_after(velocity));
    return fflush(stdout) ? 1 : 0;
}
