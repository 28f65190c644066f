package io.headgate.http;

import io.headgate.Limit;
import io.headgate.Overflow;
import java.util.List;
import java.util.Locale;
import java.util.function.BiConsumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Every option of a limiter of requests, once. Init-params, properties and the messages about both go by this table, and so
 * do the tables in the documentation; {@link RequestLimiterBuilder} has a method of the same name for each.
 *
 * <pre>{@code
 * RequestLimiter.Builder builder = RequestLimiter.builder();
 * Option.LIMITS.set(builder, "10/second burst 20, 500/hour");
 * Option.TRUSTED_PROXIES.set(builder, "10.0.0.0/8");
 * }</pre>
 */
@SuppressWarnings("ImmutableEnumChecker") // the readers are functions without state
public enum Option {
    LIMITS(
            "limits",
            "limits separated by commas, such as 10/second burst 20, 500/hour; a limit is"
                    + " [NAME=]PERMITS/[COUNT]UNIT [burst CAPACITY]",
            "none",
            "Limits of each client, all of which apply",
            (builder, text) -> {
                List<Limit> limits = OptionText.list(text, Limit::parse);
                builder.limits(limits.get(0), limits.subList(1, limits.size()).toArray(new Limit[0]));
            }),
    RULES(
            "rules",
            "one rule a line, where " + RuleText.FORM,
            "none",
            "Paths that are limited in another way, in order; the first rule that matches a request decides",
            (builder, text) -> builder.rule(RuleText.parseLines(text).toArray(new Rule[0]))),
    KEY(
            "key",
            "client, principal, header NAME, or several of them with + between them, such as client + principal",
            "client",
            "What the limits hold for, each by itself; who has no such key is limited by address, and a header that no source of plans"
                    + " knows limits in addition",
            (builder, text) -> builder.key(RequestKey.parse(text))),
    PLANS(
            "plans",
            "one plan a line, where " + Plan.FORM,
            "none",
            "Other limits for clients in address ranges, and for keys that a source of plans knows",
            (builder, text) -> builder.plan(text.lines()
                    .filter(line -> !line.isBlank())
                    .map(Plan::parse)
                    .toArray(Plan[]::new))),
    TIERS(
            "tiers",
            "one tier a line, where " + Tier.FORM,
            "none",
            "Further limits of a client's whole network, and of everybody together, beside the general limits",
            (builder, text) -> builder.tier(text.lines()
                    .filter(line -> !line.isBlank())
                    .map(Tier::parse)
                    .toArray(Tier[]::new))),
    STAGE(
            "stage",
            "arrival or authenticated",
            "arrival",
            "Whether requests come to this filter as they arrive, or behind authentication and another filter that has limited them by"
                    + " address",
            (builder, text) -> builder.stage(OptionText.constant(Stage.class, text))),
    SECRET(
            "secret",
            "any text that is not empty",
            "random",
            "Secret by which keys of more than 64 characters are hashed in memory",
            (builder, text) -> builder.secret(text)),
    TRUSTED_PROXIES(
            "trustedProxies",
            OptionText.RANGES,
            "none",
            "Address ranges of your own proxies, whose forwarding header is believed",
            (builder, text) -> builder.trustedProxies(OptionText.ranges(text))),
    FORWARDED_HEADER(
            "forwardedHeader",
            "x-forwarded-for, forwarded or the name of another header, with {trustedProxies}; x-forwarded-for"
                    + " or forwarded with {trustedHops}",
            "x-forwarded-for",
            "Header in which trusted proxies name the client",
            (builder, text) -> builder.forwardedHeader(text)),
    TRUSTED_HOPS(
            "trustedHops",
            "a number of elements that your proxies write, from 1 to " + HopList.MAX_HOPS
                    + ", in place of {trustedProxies}",
            "none",
            "Number of elements that proxies of your own append to the header, in place of the proxies' addresses; a proxy"
                    + " that writes none, as with AJP or the PROXY protocol, does not count",
            (builder, text) -> builder.trustedHops(OptionText.integer(text))),
    IPV6_PREFIX(
            "ipv6Prefix",
            "a number of bits from 32 to 128",
            "64",
            "Leading bits of an IPv6 address by which clients are told apart",
            (builder, text) -> builder.ipv6Prefix(OptionText.integer(text))),
    TRANSLATION_PREFIXES(
            "translationPrefixes",
            "IPv6 ranges of 32, 40, 48, 56, 64 or 96 bits separated by commas, such as 64:ff9b:1::/48",
            "none",
            "Prefixes under which NAT64 translators of your own write IPv4 clients as IPv6",
            (builder, text) -> builder.translationPrefixes(OptionText.ranges(text))),
    MAX_CLIENTS(
            "maxClients",
            "a number of clients from 1 to 1073741824",
            "1000000",
            "Number of clients that each limiter tracks at once, at most",
            (builder, text) -> builder.maxClients(OptionText.number(text))),
    OVERFLOW(
            "overflow",
            "share, allow, deny or evict",
            "share",
            "What happens to a new client while a limiter is full",
            (builder, text) -> builder.overflow(OptionText.constant(Overflow.class, text))),
    SWEEP_INTERVAL(
            "sweepInterval",
            OptionText.DURATION + " for no sweeping, at most 365 days",
            "10s",
            "Time between two sweeps that evict idle clients",
            (builder, text) -> builder.sweepInterval(OptionText.duration(text))),
    EXEMPT(
            "exempt",
            OptionText.RANGES,
            "none",
            "Address ranges that are never limited, such as those of your own monitoring",
            (builder, text) -> builder.exempt(OptionText.ranges(text))),
    HEADERS(
            "headers",
            "draft-11 (or draft), legacy or none; or legacy-unix, whose X-RateLimit-Reset is Unix time",
            "draft-11",
            "Fields that tell clients how they stand",
            (builder, text) -> builder.headers(OptionText.style(text))),
    RETRY_AFTER_JITTER(
            "retryAfterJitter",
            OptionText.DURATION + ", at most a day; whole seconds only",
            "0",
            "Up to how much is added to Retry-After at random, against clients that return at one instant",
            (builder, text) -> builder.retryAfterJitter(OptionText.duration(text))),
    REFUSAL(
            "refusal",
            "page, problem or error-page",
            "page",
            "How requests are refused: with a page where the client prefers HTML, always with a problem as JSON, or by the error page"
                    + " of the application",
            (builder, text) -> builder.refusal(OptionText.constant(RefusalStyle.class, text.replace('-', '_')))),
    LANGUAGES(
            "languages",
            "tags of languages separated by commas, such as en, de, each with a file META-INF/headgate/refusal_TAG.properties; en, de"
                    + " and fr are there",
            "en",
            "Languages of the page for requests that are refused; the first is for who prefers none of them",
            (builder, text) ->
                    builder.languages(OptionText.list(text, tag -> tag).toArray(new String[0]))),
    DRAIN(
            "drain",
            Drain.FORM,
            "none",
            "How much of a refused upload is read, without waiting for it, so that the client gets the answer rather than an ended"
                    + " connection",
            (builder, text) -> builder.drain(Drain.parse(text))),
    SKIP_PREFLIGHT(
            "skipPreflight",
            OptionText.BOOLEAN,
            "false",
            "Whether CORS pre-flight requests pass uncounted",
            (builder, text) -> builder.skipPreflight(OptionText.bool(text))),
    COST(
            "cost",
            "a number of permits, at least 0; with costAfter, at least 1",
            "1",
            "Permits that a request takes",
            (builder, text) -> builder.cost(OptionText.number(text))),
    CHARGE_ON(
            "chargeOn",
            ChargeOnResponses.FORM,
            "all",
            "Responses that are charged",
            (builder, text) -> builder.chargeOn(ChargeOn.parse(text))),
    DRY_RUN(
            "dryRun",
            OptionText.BOOLEAN,
            "false",
            "Whether requests are only counted and never denied",
            (builder, text) -> builder.dryRun(OptionText.bool(text))),
    NO_ADDRESS(
            "noAddress",
            "shared, deny or allow",
            "shared",
            "What happens to a request whose client has no address",
            (builder, text) -> builder.noAddress(OptionText.constant(NoAddress.class, text))),
    ON_FAILURE(
            "onFailure",
            "allow or deny",
            "allow",
            "What happens to a request when limiting it fails",
            (builder, text) -> builder.onFailure(OptionText.constant(OnFailure.class, text))),
    NAME(
            "name",
            "a name that no other filter of the application has",
            "that of the filter",
            "Name of the filter in the request attribute and in the log",
            (builder, text) -> builder.name(text));

    private final String name;
    private final String form;
    private final String byDefault;
    private final String meaning;
    private final BiConsumer<RequestLimiterBuilder<?>, String> reader;

    Option(
            String name,
            String form,
            String byDefault,
            String meaning,
            BiConsumer<RequestLimiterBuilder<?>, String> reader) {
        this.name = name;
        this.form = form;
        this.byDefault = byDefault;
        this.meaning = meaning;
        this.reader = reader;
    }

    /**
     * The option of a name.
     *
     * @param name as an init-param has it ({@code maxClients}), or a property ({@code max-clients})
     * @return null if there is none
     */
    public static @Nullable Option of(String name) {
        for (Option option : values()) {
            if (option.name.equals(name) || option.property().equals(name)) {
                return option;
            }
        }
        return null;
    }

    /**
     * The name as the last part of a property.
     *
     * @return such as {@code max-clients}
     */
    public String property() {
        return name.replaceAll("([A-Z])", "-$1").toLowerCase(Locale.ROOT);
    }

    /**
     * What it accepts.
     *
     * @param spelling how options are called where they are set, such as {@link #toString} or {@link #property}
     * @return to be read after "it accepts"
     */
    public String form(Function<Option, String> spelling) {
        return spelled(form, spelling);
    }

    /** Options in a text, such as <code>{maxClients}</code>, in some spelling. */
    static String spelled(String text, Function<Option, String> spelling) {
        String spelled = text;
        for (Option option : values()) {
            spelled = spelled.replace("{" + option.name + "}", spelling.apply(option));
        }
        return spelled;
    }

    /**
     * What holds where it is not set.
     *
     * @return as it would be written; {@code none}, {@code all} or a phrase where that cannot be written
     */
    public String byDefault() {
        return byDefault;
    }

    /**
     * What it is about.
     *
     * @return a sentence without its full stop
     */
    public String meaning() {
        return meaning;
    }

    /**
     * Sets the option from text.
     *
     * @param builder whose option
     * @param text blanks at both ends are dropped
     * @throws InvalidOptionException if the text has another form or the value is out of its range
     */
    public void set(RequestLimiterBuilder<?> builder, String text) {
        try {
            reader.accept(builder, text.strip());
            if (this == TRUSTED_PROXIES || this == TRANSLATION_PREFIXES || this == EXEMPT) {
                builder.noteHostBits(this, OptionText.withHostBits(text));
            }
        } catch (InvalidOptionException e) {
            throw new InvalidOptionException(this, text, e.reason(), e);
        } catch (IllegalArgumentException | ArithmeticException e) {
            throw new InvalidOptionException(this, text, String.valueOf(e.getMessage()), e);
        }
    }

    /** The name as an init-param and a method of the builder have it, such as {@code maxClients}. */
    @Override
    public String toString() {
        return name;
    }
}
