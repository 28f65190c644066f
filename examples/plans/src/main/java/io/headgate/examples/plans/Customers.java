package io.headgate.examples.plans;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import org.jspecify.annotations.Nullable;

/** The customers and their plans, in a database in memory. */
final class Customers implements AutoCloseable {

    private static final String URL = "jdbc:h2:mem:customers;DB_CLOSE_DELAY=-1";

    Customers() throws SQLException {
        execute("CREATE TABLE customers (api_key VARCHAR PRIMARY KEY, plan VARCHAR NOT NULL)");
        execute("INSERT INTO customers VALUES ('key-of-ann', 'basic'), ('key-of-bob', 'pro')");
    }

    /** The plan of a customer; null if nobody has this key. Waits for the database. */
    @Nullable
    String planOf(String apiKey) throws SQLException {
        try (Connection connection = DriverManager.getConnection(URL);
                PreparedStatement query = connection.prepareStatement("SELECT plan FROM customers WHERE api_key = ?")) {
            query.setString(1, apiKey);
            try (ResultSet rows = query.executeQuery()) {
                return rows.next() ? rows.getString(1) : null;
            }
        }
    }

    /** Gives a customer another plan. */
    void upgrade(String apiKey, String plan) throws SQLException {
        try (Connection connection = DriverManager.getConnection(URL);
                PreparedStatement update =
                        connection.prepareStatement("UPDATE customers SET plan = ? WHERE api_key = ?")) {
            update.setString(1, plan);
            update.setString(2, apiKey);
            update.executeUpdate();
        }
    }

    @Override
    public void close() throws SQLException {
        execute("SHUTDOWN");
    }

    private static void execute(String sql) throws SQLException {
        try (Connection connection = DriverManager.getConnection(URL);
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }
}
