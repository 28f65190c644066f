package io.headgate.spring;

import static org.assertj.core.api.Assertions.assertThat;

import io.headgate.Limit;
import io.headgate.http.ClientAddressResolver;
import io.headgate.http.Warning;
import io.headgate.net.AddressRange;
import io.headgate.servlet.RateLimitFilter;
import jakarta.servlet.ServletContext;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.test.context.runner.WebApplicationContextRunner;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.boot.web.servlet.FilterRegistrationBean;
import org.springframework.context.annotation.Bean;
import org.springframework.mock.web.MockServletContext;
import org.springframework.web.filter.ForwardedHeaderFilter;

@ExtendWith(OutputCaptureExtension.class)
class SetupAdviceTest {

    private static final String BYPASSABLE = "The limit can be bypassed: ";
    private static final String VALVE = "Tomcat's RemoteIpValve";
    private static final String FRAMEWORK = "Spring's ForwardedHeaderFilter is at work";

    private final WebApplicationContextRunner web = new WebApplicationContextRunner()
            .withConfiguration(AutoConfigurations.of(HeadgateAutoConfiguration.class))
            .withPropertyValues("headgate.limits=1/s");

    private WebApplicationContextRunner on(String server) {
        return web.withBean(ServletContext.class, () -> new Container(server));
    }

    /** A servlet context that only says which container it belongs to. */
    private static final class Container extends MockServletContext {
        private final String server;

        Container(String server) {
            this.server = server;
        }

        @Override
        public String getServerInfo() {
            return server;
        }
    }

    @Test
    void hasNothingToSayAboutAPlainSetup(CapturedOutput output) {
        on("Apache Tomcat/11")
                .run(context -> assertThat(output)
                        .doesNotContain(BYPASSABLE, VALVE, FRAMEWORK, "No request is limited", "is not used"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "server.forward-headers-strategy=native",
                "server.forward-headers-strategy=NATIVE",
                "spring.main.cloud-platform=heroku",
                "spring.main.cloud-platform=kubernetes",
                "server.tomcat.remoteip.remote-ip-header=x-real-ip",
                "server.tomcat.remoteip.protocol-header=x-forwarded-proto"
            })
    void knowsTheNativeStrategyByItsSigns(String property, CapturedOutput output) {
        boolean isTomcats = property.startsWith("server.tomcat");
        for (String server : new String[] {"jetty/12.1", "Undertow - 2.3"}) {
            on(server).withPropertyValues(property).run(context -> {
                if (isTomcats) {
                    assertThat(output).doesNotContain(BYPASSABLE);
                } else {
                    assertThat(output.getAll()).containsOnlyOnce(BYPASSABLE + server);
                }
            });
        }
        on("Apache Tomcat/11")
                .withPropertyValues(property)
                .run(context -> assertThat(output.getAll()).containsOnlyOnce("HG-106: " + VALVE));
        on("Apache Tomcat/11")
                .withPropertyValues(property, "headgate.trusted-proxies=10.0.0.0/8")
                .run(context -> assertThat(output.getAll()).containsOnlyOnce("HG-107: " + VALVE));
    }

    /** Whoever says whom the valve is to believe knows that it does. */
    @Test
    void leavesAValveAloneThatHasProxiesOfItsOwn(CapturedOutput output) {
        on("Apache Tomcat/11")
                .withPropertyValues(
                        "server.forward-headers-strategy=native", "server.tomcat.remoteip.internal-proxies=10\\.9\\..*")
                .run(context -> assertThat(output).doesNotContain(VALVE));
    }

    @Test
    void saysWhereBootTookNativeFrom(CapturedOutput output) {
        on("Apache Tomcat/11")
                .withPropertyValues("spring.main.cloud-platform=kubernetes")
                .run(context -> assertThat(output)
                        .contains("server.forward-headers-strategy is not set, and Boot takes native on KUBERNETES"));
    }

    @Test
    void everyCodeIsThereOnceAndExplained() throws IOException {
        String docs = Files.readString(Path.of("..", "docs", "warnings.md"));
        Set<String> codes = new HashSet<>();
        for (SetupWarning warning : SetupWarning.values()) {
            assertThat(codes.add(warning.code())).isTrue();
            assertThat(warning.code()).matches("HG-1[0-9]{2}");
            assertThat(docs).contains("| " + warning.code() + " |");
        }
        for (Warning warning : Warning.values()) {
            assertThat(codes.add(warning.code())).isTrue();
            assertThat(docs).contains("| " + warning.code() + " |");
        }
    }

    @Test
    void believesAStrategyThatIsSetRatherThanTheCloud(CapturedOutput output) {
        on("jetty/12.1")
                .withPropertyValues("spring.main.cloud-platform=heroku", "server.forward-headers-strategy=none")
                .run(context -> assertThat(output).doesNotContain(BYPASSABLE));
    }

    @Test
    void knowsTheFrameworkStrategyByItsFilter(CapturedOutput output) {
        web.withBean(ForwardedHeaderFilter.class)
                .withPropertyValues("headgate.trusted-hops=1")
                .run(context -> assertThat(output).doesNotContain(FRAMEWORK));
        web.withBean(ForwardedHeaderFilter.class)
                .run(context -> assertThat(output.getAll()).containsOnlyOnce(FRAMEWORK));
    }

    @Test
    void knowsTheFrameworkStrategyByItsRegistration(CapturedOutput output) {
        web.withUserConfiguration(Forwarding.class)
                .run(context -> assertThat(output.getAll()).containsOnlyOnce(FRAMEWORK));
    }

    /** The properties do not say what they believe. */
    @Test
    void saysNothingOfProxiesThatItCannotKnow(CapturedOutput output) {
        web.withUserConfiguration(Forwarding.class)
                .withBean(ClientAddressResolver.class, ClientAddressResolver::remoteAddress)
                .run(context -> assertThat(output).doesNotContain(FRAMEWORK));
        web.withUserConfiguration(Forwarding.class)
                .withBean(
                        RateLimitFilter.class,
                        () -> RateLimitFilter.builder()
                                .limits(Limit.perSecond(1))
                                .trustedProxies(AddressRange.parse("10.0.0.0/8"))
                                .build())
                .run(context -> assertThat(output).doesNotContain(FRAMEWORK));
    }

    @Test
    void saysThatRulesAreNotUsedWhateverTheyAre(CapturedOutput output) {
        new WebApplicationContextRunner()
                .withConfiguration(AutoConfigurations.of(HeadgateAutoConfiguration.class))
                .withBean(
                        RateLimitFilter.class,
                        () -> RateLimitFilter.builder()
                                .limits(Limit.perSecond(1))
                                .build())
                .withPropertyValues("headgate.rules[0].path=/static/*", "headgate.rules[0].unlimited=true")
                .run(context -> assertThat(output.getAll()).containsOnlyOnce("HG-103: "));
    }

    static class Forwarding {
        @Bean
        FilterRegistrationBean<ForwardedHeaderFilter> forwarded() {
            return new FilterRegistrationBean<>(new ForwardedHeaderFilter());
        }
    }
}
