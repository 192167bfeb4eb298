package org.securemed.ledger.storage;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.UUID;
import javax.sql.DataSource;
import org.h2.jdbcx.JdbcConnectionPool;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.securemed.ledger.log.LogStore;

class H2LogStoreIT extends LogStoreContract {
    private final JdbcConnectionPool pool =
            JdbcConnectionPool.create("jdbc:h2:mem:" + UUID.randomUUID() + ";DB_CLOSE_DELAY=-1", "sa", "");

    @BeforeEach
    void createSchema() throws SQLException {
        try (Connection connection = pool.getConnection()) {
            H2LogStore.createSchema(connection);
        }
    }

    @AfterEach
    void close() {
        pool.dispose();
    }

    @Override
    LogStore store() {
        return new H2LogStore(pool);
    }

    @Override
    DataSource dataSource() {
        return pool;
    }
}
