package io.headgate.http;

import io.headgate.net.ClientAddress;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.function.UnaryOperator;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.jspecify.annotations.Nullable;

/**
 * How keys are written in memory: a client as its network, so that the owner of one has no more keys than one; long keys as a digest,
 * HMAC-SHA-256 (RFC 2104) with a secret, so that nobody can look for two that collide. Thread-safe.
 */
final class KeyDigest {

    /** Longer ones are digested. An API key, a user's name and an address with either are shorter as a rule. */
    static final int LONGEST = 64;

    private static final String ALGORITHM = "HmacSHA256";

    private final SecretKeySpec secret;
    private final UnaryOperator<ClientAddress> clients;

    /**
     * With this secret; with a random one if it is null, so that digests are not the same after a restart.
     *
     * @param clients the client that an address belongs to
     */
    KeyDigest(@Nullable String secret, UnaryOperator<ClientAddress> clients) {
        this.clients = clients;
        byte[] bytes = new byte[32];
        if (secret == null) {
            new SecureRandom().nextBytes(bytes);
        } else {
            bytes = secret.getBytes(StandardCharsets.UTF_8);
        }
        this.secret = new SecretKeySpec(bytes, ALGORITHM);
    }

    /** The client that an address belongs to. */
    String client(ClientAddress address) {
        return clients.apply(address).toString();
    }

    /** The key itself, or its digest if it is long. A digest looks like no key that is short enough. */
    String bounded(String key) {
        return key.length() <= LONGEST ? key : digest(key);
    }

    private String digest(String key) {
        try {
            Mac mac = Mac.getInstance(ALGORITHM);
            mac.init(secret);
            byte[] digest = mac.doFinal(key.getBytes(StandardCharsets.UTF_8));
            return "hmac-sha256 of a key of more than 64 characters: "
                    + Base64.getEncoder().encodeToString(digest);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every Java platform has " + ALGORITHM, e);
        }
    }
}
