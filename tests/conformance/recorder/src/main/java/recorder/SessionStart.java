package recorder;

import com.google.inject.Binder;
import com.google.inject.Module;
import com.google.inject.matcher.Matchers;
import io.trino.Session;
import io.trino.server.QuerySessionSupplier;

import java.time.Instant;

/** Lets every session start at the same time, so that now() and current_date can be recorded. */
final class SessionStart
        implements Module
{
    private final Instant start;

    SessionStart(Instant start)
    {
        this.start = start;
    }

    @Override
    public void configure(Binder binder)
    {
        binder.bindInterceptor(
                Matchers.only(QuerySessionSupplier.class),
                Matchers.returns(Matchers.only(Session.class)),
                create -> Session.builder((Session) create.proceed()).setStart(start).build());
    }
}
