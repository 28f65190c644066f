package io.headgate.plan;

import io.headgate.internal.QuotedText;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import org.jspecify.annotations.Nullable;

/** What a file was found to hold, or why it could not be read. Immutable. */
final class FileContent {

    /** The largest file that is read, in bytes: 16 MiB, a million lines. */
    static final int LARGEST = 1 << 24;

    /** The content, empty if there is a fault. Nobody changes it. */
    final byte[] bytes;
    /** A hash of the content, or the fault: equal for equal findings. */
    final String digest;
    /** What is wrong, as the end of a sentence; null if the content was read. */
    final @Nullable String fault;

    private FileContent(byte[] bytes, String digest, @Nullable String fault) {
        this.bytes = bytes;
        this.digest = digest;
        this.fault = fault;
    }

    /** Reads the file now, through symbolic links. Never throws an exception. */
    static FileContent read(Path file) {
        try {
            BasicFileAttributes attributes = Files.readAttributes(file, BasicFileAttributes.class);
            if (!attributes.isRegularFile()) { // reading a pipe would wait
                return faulty(attributes.isDirectory() ? "it is a directory" : "it is no regular file");
            }
            byte[] bytes;
            try (InputStream in = Files.newInputStream(file)) {
                bytes = in.readNBytes(LARGEST + 1);
            }
            if (bytes.length > LARGEST) {
                return faulty("it has more than " + LARGEST + " bytes");
            }
            return bytes.length == 0 ? faulty("it is empty") : new FileContent(bytes, digest(bytes), null);
        } catch (NoSuchFileException e) {
            return faulty("it does not exist");
        } catch (IOException | RuntimeException e) {
            return faulty("it cannot be read: " + reason(e));
        }
    }

    /** Without the path, which whoever shows it tells, and which may be long. */
    private static String reason(Exception e) {
        String reason = e instanceof FileSystemException of ? of.getReason() : e.getMessage();
        return e.getClass().getSimpleName() + (reason == null ? "" : ", " + QuotedText.of(reason));
    }

    private static FileContent faulty(String fault) {
        return new FileContent(new byte[0], fault, fault);
    }

    private static String digest(byte[] bytes) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }
}
